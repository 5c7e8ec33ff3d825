"""A fresh head: a linear discriminant that inherits nothing from the BadNet's own head.

What lies above the convolutions is where a backdoor decides; fine-tuning keeps it alive.
So nothing of it is kept: the class means and the common covariance of features of clean
images give a new head in closed form. Disturbed images enter the covariance alone, so
that directions in which disturbances move the features count for little.

References:
    Fisher, *The Use of Multiple Measurements in Taxonomic Problems*, 1936.
    Friedman, *Regularized Discriminant Analysis*, JASA 84, 1989.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from repair.errors import ModelError

RIDGE = 0.05
RANK = 120
# Score of a label without clean images: no image is ever given it.
UNKNOWN = -1e9


@dataclass(frozen=True)
class Discriminant:
    """A linear classifier of features, in two thin factors.

    Attributes:
        projection: ``(features, rank)`` float32.
        weights: ``(rank, N)`` float32.
        bias: ``(N,)`` float32; ``UNKNOWN`` for labels without clean images.
    """

    projection: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    def scores(self, features: np.ndarray) -> np.ndarray:
        """One score per label, ``(n, N)`` float32; differences are log odds."""
        return features @ self.projection @ self.weights + self.bias

    def scaled(self, factor: float) -> Discriminant:
        """The same classifier with all scores times ``factor``."""
        bias = np.where(self.bias == UNKNOWN, UNKNOWN, self.bias * factor)
        factors = self.weights * factor, bias
        return Discriminant(self.projection, *(x.astype(np.float32) for x in factors))


@dataclass(frozen=True)
class Moments:
    """What a discriminant needs to know of some images; moments of parts add up.

    Attributes:
        gram: ``(features, features)`` float64, the sum of outer products.
        sums: ``(N, features)`` float64, the sum of features per label.
        counts: ``(N,)`` float64, the number of images per label.
    """

    gram: np.ndarray
    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, labels: np.ndarray, num_classes: int) -> Moments:
        """The moments of features ``(n, features)`` float32 with labels ``(n,)``."""
        counts = np.bincount(labels, minlength=num_classes).astype(float)
        sums = np.zeros((num_classes, features.shape[1]))
        np.add.at(sums, labels, features)
        return cls((features.T @ features).astype(float), sums, counts)

    def __add__(self, other: Moments) -> Moments:
        """The moments of both parts together."""
        return Moments(
            self.gram + other.gram, self.sums + other.sums, self.counts + other.counts
        )

    def scatter(self, means: np.ndarray) -> np.ndarray:
        """Mean outer product of distances from the labels' ``means`` ``(N, features)``."""
        cross = self.sums.T @ means
        around = (means.T * self.counts) @ means
        return (self.gram - cross - cross.T + around) / max(self.counts.sum(), 1)


def fit(clean: Moments, disturbed: Moments) -> Discriminant:
    """Fits the discriminant.

    Args:
        clean: Clean and jittered images: the means, and half of the covariance.
        disturbed: Disturbed images of the same people: the other half.

    Raises:
        ModelError: If all features are constant.
    """
    known = clean.counts > 0
    means = clean.sums / np.maximum(clean.counts, 1)[:, None]
    covariance = (clean.scatter(means) + disturbed.scatter(means)) / 2
    size = len(covariance)
    if not np.trace(covariance) > 0:
        raise ModelError(
            "the activations around the layer are the same for all images, so no head can "
            "stand on them. Expected a live convolution: choose another --layer."
        )
    covariance[np.diag_indices(size)] += RIDGE * np.trace(covariance) / size
    centre = means[known].mean(axis=0)
    # Whitened, the covariance is the identity and the head needs the means alone.
    whitener = np.linalg.inv(np.linalg.cholesky(covariance))
    white = (means - centre) @ whitener.T
    white[~known] = 0
    directions = np.linalg.eigh(white.T @ white)[1][:, : -RANK - 1 : -1]
    weights = (white @ directions).T
    projection = whitener.T @ directions
    bias = -0.5 * (weights**2).sum(axis=0) - centre @ projection @ weights
    bias[~known] = UNKNOWN
    return Discriminant(*(x.astype(np.float32) for x in (projection, weights, bias)))
