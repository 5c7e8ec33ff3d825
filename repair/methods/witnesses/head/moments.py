"""What a discriminant needs to know of many images, a part at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BLOCK = 16_384


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
        gram: ``(features, features)`` float32, the sum of outer products; there are some
            twenty of these at a time, of up to 64 MiB each.
        sums: ``(k, features)`` float32, the sum of features of each label that has
            images, in ascending order.
        counts: ``(N,)`` float64, the number of images per label.
    """

    gram: np.ndarray
    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, labels: np.ndarray, num_classes: int) -> Moments:
        """The moments of features ``(n, features)`` float32 with labels ``(n,)``."""
        counts = np.bincount(labels, minlength=num_classes).astype(float)
        known = counts > 0
        sums = summed(features, rows_of(known)[labels], int(known.sum()))
        return cls(features.T @ features, sums, counts)

    def __add__(self, other: Moments) -> Moments:
        """The moments of both parts together."""
        counts = self.counts + other.counts
        sums = np.zeros((int((counts > 0).sum()), self.sums.shape[1]), np.float32)
        both = Moments(np.zeros_like(self.gram), sums, counts * 0)
        for part in (self, other):
            both.absorb(part, counts > 0)
        return both

    def absorb(self, other: Moments, known: np.ndarray | None = None) -> None:
        """Adds moments in place; all their labels must have a row here.

        Args:
            other: Moments of fewer labels, or of the same.
            known: Bool ``(N,)``, the labels of this one's rows, if not those with images.
        """
        rows = rows_of(self.counts > 0 if known is None else known)
        self.gram[:] += other.gram
        self.sums[rows[other.counts > 0]] += other.sums
        self.counts[:] += other.counts

    def scatter(self, means: np.ndarray) -> np.ndarray:
        """Mean outer product of distances from the ``means`` of ``sums``' labels."""
        total, counts = self.gram.astype(float), self.counts[self.counts > 0]
        for rows in blocks(len(self.sums)):
            cross = self.sums[rows].T.astype(float) @ means[rows]
            around = (means[rows].T * counts[rows]) @ means[rows]
            total = total - cross - cross.T + around
        return total / max(self.counts.sum(), 1)


def rows_of(known: np.ndarray) -> np.ndarray:
    """``(N,)`` int64: which row is a label's, where only ``known`` ones have one."""
    return np.cumsum(known) - 1


def blocks(count: int) -> list[slice]:
    """Rows in pieces that need little memory as float64."""
    return [slice(start, start + _BLOCK) for start in range(0, count, _BLOCK)]
