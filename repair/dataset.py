"""Labelled images, as everything above the readers sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Labelled images.

    Attributes:
        images: ``(n, rows, columns, channels)`` uint8, 0..255: grey, RGB or RGBA.
        labels: ``(n,)`` int64, 0..N-1.
        names: Of the classes, by label, where they are known.
        first_label: What the file calls label 0: 0 or 1; None where it names its classes.
        resized: Whether files of images were of another size, and brought to this one.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...] | None = None
    first_label: int | None = 0
    resized: bool = False

    @property
    def named(self) -> bool:
        """Whether the labels stand for names in the file, so that they count from nowhere."""
        return self.first_label is None

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, chosen: np.ndarray) -> Dataset:
        """The images at ``chosen``: bool ``(n,)`` or integer indices."""
        return replace(self, images=self.images[chosen], labels=self.labels[chosen])
