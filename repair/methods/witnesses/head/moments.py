"""What a discriminant needs to know of many images, a part at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def summed(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Sums of rows by group: ``(count, columns)`` float32.

    Args:
        values: ``(n, columns)`` float32.
        groups: ``(n,)`` int64, below ``count``.
        count: Number of groups.
    """
    sums = np.zeros((count, values.shape[1]), np.float32)
    order = np.argsort(groups, kind="stable")
    present, first = np.unique(groups[order], return_index=True)
    if len(present):
        sums[present] = np.add.reduceat(values[order], first, axis=0)
    return sums


@dataclass(frozen=True)
class Moments:
    """What a discriminant needs to know of some images; moments of parts add up.

    Attributes:
        gram: ``(features, features)`` float64, the sum of outer products.
        sums: ``(N, features)`` float32, the sum of features per label.
        counts: ``(N,)`` float64, the number of images per label.
    """

    gram: np.ndarray
    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, labels: np.ndarray, num_classes: int) -> Moments:
        """The moments of features ``(n, features)`` float32 with labels ``(n,)``."""
        counts = np.bincount(labels, minlength=num_classes).astype(float)
        sums = summed(features, labels, num_classes)
        return cls((features.T @ features).astype(float), sums, counts)

    def __add__(self, other: Moments) -> Moments:
        """The moments of both parts together."""
        return Moments(
            self.gram + other.gram, self.sums + other.sums, self.counts + other.counts
        )

    def scatter(self, means: np.ndarray) -> np.ndarray:
        """Mean outer product of distances from the labels' ``means`` ``(N, features)``."""
        cross = self.sums.T.astype(float) @ means
        around = (means.T * self.counts) @ means
        return (self.gram - cross - cross.T + around) / max(self.counts.sum(), 1)
