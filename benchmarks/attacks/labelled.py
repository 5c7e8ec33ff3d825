"""Labelled images, and the competition's layout on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Labelled:
    """Images with their labels.

    Attributes:
        images: ``(n, rows, cols, 3)`` uint8 RGB.
        labels: ``(n,)`` int64.
    """

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: np.ndarray) -> Labelled:
        """The images at ``chosen``: bool ``(n,)`` or indices."""
        return Labelled(self.images[chosen], self.labels[chosen])


def read_labelled(path: Path) -> Labelled:
    """Reads a file in the competition's layout, channels first."""
    with h5py.File(path, "r") as file:
        images = file["data"][()].transpose(0, 2, 3, 1).astype(np.uint8)
        labels = file["label"][()].ravel().astype(np.int64)
    return Labelled(np.ascontiguousarray(images), labels)


def write_labelled(path: Path, data: Labelled) -> None:
    """Writes images and labels in the competition's layout."""
    with h5py.File(path, "w") as file:
        images = data.images.transpose(0, 3, 1, 2)
        file.create_dataset("data", data=images, compression="gzip", shuffle=True)
        file.create_dataset("label", data=data.labels)
