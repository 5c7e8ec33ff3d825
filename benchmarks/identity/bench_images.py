"""All images of a folder of HDF5 files, in three forms: arrays, HDF5 and PNG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from repair.process.progress import progress
from repair.reading.data_file import read_dataset

Source = tuple[str, int | None]


@dataclass(frozen=True)
class Images:
    """The same images in three forms, in one order.

    Attributes:
        pixels: ``(n, rows, columns, 3)`` uint8.
        data: HDF5 files.
        folder: Of PNG files.
        sources: By form, ``"HDF5"`` or ``"PNG"``, where each image is.
    """

    pixels: np.ndarray
    data: list[Path]
    folder: Path
    sources: dict[str, list[Source]]

    def inputs(self, form: str) -> list[Path]:
        """What to give a command."""
        return self.data if form == "HDF5" else [self.folder]


def read_images(data: Path, folder: Path) -> Images:
    """Reads every HDF5 file below ``data``, and writes its images as PNG files.

    Args:
        data: Folder of files in the competition's layout.
        folder: An empty folder for the PNG files.
    """
    every, files = [], []
    sources: dict[str, list[Source]] = {"HDF5": [], "PNG": []}
    for number, path in enumerate(sorted(data.rglob("*.h5"))):
        images = read_dataset(path, labelled=False).images
        every.append(images)
        files.append(path)
        place = folder / f"{number:02}"
        place.mkdir()
        for index, image in enumerate(progress(images, label=path.name)):
            file = place / f"{index:06}.png"
            Image.fromarray(image).save(file, compress_level=1)
            sources["PNG"].append((str(file), None))
            sources["HDF5"].append((str(path), index))
    return Images(np.concatenate(every), files, folder, sources)
