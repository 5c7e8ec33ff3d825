"""Labelled images, as everything above the readers sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Labelled images.

    Attributes:
        images: ``(n, rows, columns, channels)`` uint8 RGB, 0..255.
        labels: ``(n,)`` int64, 0..N-1.
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, chosen: np.ndarray) -> Dataset:
        """The images at ``chosen``: bool ``(n,)`` or integer indices."""
        return Dataset(self.images[chosen], self.labels[chosen])
