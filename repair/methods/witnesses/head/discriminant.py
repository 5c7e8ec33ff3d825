"""A fresh head: a discriminant that inherits nothing from the BadNet's own head.

What lies above the convolutions is where a backdoor decides; fine-tuning keeps it alive.
So nothing of it is kept: the class means and the common covariance of features of clean
images give a space in which a class's images lie close together, in closed form.
Disturbed images enter the covariance alone, so that directions in which disturbances move
the features count for little. A label's score is that of its nearest clean image.

References:
    Fisher, *The Use of Multiple Measurements in Taxonomic Problems*, 1936.
    Friedman, *Regularized Discriminant Analysis*, JASA 84, 1989.
    Mensink et al., *Distance-Based Image Classification: Generalizing to New Classes at
    Near-Zero Cost*, TPAMI 35(11), 2013 (several centres a class).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from repair.errors import ModelError
from repair.methods.witnesses.head.half import rounded
from repair.methods.witnesses.head.moments import Moments, blocks, rows_of
from repair.methods.witnesses.recipe import Recipe

# Score of a label without clean images: no image is ever given it.
UNKNOWN = -1e9
# A direction in which the means differ less, as a share of the most, is rounding error.
_LEAST_SPREAD = 1e-9
# Images and scores that are looked at together, at most.
_IMAGES, _SCORES = 1_000, 1 << 25


@dataclass(frozen=True)
class Discriminant:
    """A classifier of features: how close is the nearest of each label's prototypes?

    Attributes:
        centre: ``(features,)`` float32, the mean of all classes.
        projection: ``(features, rank)`` float32, of features from the centre; a recipe's
            at most, and fewer than there are classes.
        prototypes: ``(rank, most, N)`` float32, up to ``most`` a label, else 0.
        bias: ``(most, N)`` float32; ``UNKNOWN`` where there is no prototype.
    """

    centre: np.ndarray
    projection: np.ndarray
    prototypes: np.ndarray
    bias: np.ndarray

    @property
    def middle(self) -> np.ndarray:
        """The centre, projected: ``(rank,)`` float32."""
        return np.asarray(self.centre @ self.projection)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """One score per label, ``(n, N)`` float32; differences are log odds."""
        rank, most, num_classes = self.prototypes.shape
        scores = np.empty((len(features), num_classes), np.float32)
        step = images_at_once(most * num_classes)
        for start in range(0, len(features), step):
            chunk = slice(start, start + step)
            place = features[chunk] @ self.projection - self.middle
            close = place @ self.prototypes.reshape(rank, -1) + self.bias.ravel()
            close.reshape(-1, most, num_classes).max(axis=1, out=scores[chunk])
        return scores

    def scaled(self, factor: float) -> Discriminant:
        """The same classifier with all scores times ``factor``."""
        bias = np.where(self.bias == UNKNOWN, UNKNOWN, self.bias * factor)
        prototypes = self.prototypes * np.float32(factor)
        return replace(self, prototypes=prototypes, bias=bias.astype(np.float32))

    def rounded(self) -> Discriminant:
        """The nearest classifier whose matrices ``half`` stores without loss."""
        return replace(
            self,
            projection=rounded(self.projection),
            prototypes=rounded(self.prototypes),
        )


def images_at_once(scores: int) -> int:
    """How many images are looked at together, of which each has so many scores."""
    return max(1, min(_IMAGES, _SCORES // scores))


def fit(
    clean: Moments,
    disturbed: Moments,
    examples: np.ndarray,
    labels: np.ndarray,
    recipe: Recipe,
) -> Discriminant:
    """Fits the discriminant.

    Args:
        clean: Clean and jittered images: the means, and half of the covariance.
        disturbed: Disturbed images of the same classes: the other half.
        examples: ``(m, features)``, the clean images one by one: the prototypes.
        labels: ``(m,)`` int64, their labels.
        recipe: Ridge, rank and number of prototypes.

    Raises:
        ModelError: If all features are constant.
    """
    known = clean.counts > 0
    means = clean.sums / clean.counts[known][:, None]
    here = rows_of(known)[disturbed.counts > 0]
    covariance = (clean.scatter(means) + disturbed.scatter(means[here])) / 2
    size = len(covariance)
    if not np.trace(covariance) > 0:
        raise ModelError(
            "the activations around the layer are the same for all images, so no head can "
            "stand on them. Expected a live convolution: choose another --layer."
        )
    scale = _scale(covariance, recipe.widest)
    covariance /= np.outer(scale, scale)
    covariance[np.diag_indices(size)] += recipe.ridge * np.trace(covariance) / size
    centre = means.mean(axis=0)
    means -= centre
    means /= scale
    try:
        root = np.linalg.cholesky(covariance)  # none of a matrix that is no covariance
        spread, directions = _main_directions(root, means)
    except np.linalg.LinAlgError as reason:
        raise ModelError(
            "the activations around the layer are too large, or hardly differ, so no head "
            "can stand on them. Expected an ordinary convolution: choose another --layer."
        ) from reason
    best = spread[: recipe.rank] > _LEAST_SPREAD * spread[0]
    rank = max(int(best.sum()), 1)
    projection = np.linalg.solve(root.T, directions[:, :rank]) / scale[:, None]
    places = [(examples[rows] - centre) @ projection for rows in blocks(len(examples))]
    prototypes, used = _prototypes(
        np.concatenate(places), labels, len(clean.counts), recipe.prototypes
    )
    bias = np.where(used, -0.5 * (prototypes**2).sum(axis=2), UNKNOWN)
    factors = centre, projection, prototypes.transpose(2, 0, 1), bias
    return Discriminant(*(np.ascontiguousarray(x, np.float32) for x in factors))


def _main_directions(
    root: np.ndarray, means: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far whitened means spread, most first, and in which directions.

    By way of the smaller one of their two Gram matrices.

    Args:
        root: Of the covariance, which whitens.
        means: ``(N, features)``, from their centre.

    Returns:
        Spread ``(k,)`` and directions ``(features, k)``.
    """
    count, features = means.shape
    if count > features:
        gram = np.zeros_like(root)
        for rows in blocks(count):
            whitened = np.linalg.solve(root, means[rows].T)
            gram += whitened @ whitened.T
        spread, directions = np.linalg.eigh(gram)
        return spread[::-1], directions[:, ::-1]
    whitened = np.linalg.solve(root, means.T)
    spread, combinations = np.linalg.eigh(whitened.T @ whitened)
    spread, combinations = spread[::-1], combinations[:, ::-1]
    length = np.sqrt(np.maximum(spread, np.finfo(float).tiny))
    return spread, whitened @ combinations / length


def _scale(covariance: np.ndarray, widest: float) -> np.ndarray:
    """What to divide each feature by, at least 1."""
    spread = np.sqrt(np.maximum(np.diag(covariance), 0))
    return np.maximum(spread / (widest * np.median(spread[spread > 0])), 1)


def _prototypes(
    places: np.ndarray, labels: np.ndarray, num_classes: int, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Prototypes ``(most, N, rank)``, and which are used ``(most, N)``: the others are 0."""
    counts = np.bincount(labels, minlength=num_classes)
    most = min(most, max(counts.max(), 1))
    order = np.argsort(labels, kind="stable")
    turn = np.empty(len(labels), np.int64)
    turn[order] = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    sums = np.zeros((most, num_classes, places.shape[1]))
    shared = np.zeros((most, num_classes))
    np.add.at(sums, (turn % most, labels), places)
    np.add.at(shared, (turn % most, labels), 1)
    return sums / np.maximum(shared, 1)[..., None], shared > 0
