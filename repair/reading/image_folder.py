"""Folders of images, one folder a class, each brought to the size of the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from artifacts.errors import DetectorError, printable
from artifacts.reading.folders import walk
from artifacts.reading.images import fitted, open_image
from artifacts.reading.kinds import Kinds, passed_over
from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.process.notice import say
from repair.process.progress import progress
from repair.process.room import room
from repair.reading.class_folders import (
    LEFT_BEHIND,
    folders_below,
    labels_of_folders,
)
from repair.settings import DataOptions

_LONG = 1000  # images of which it is said how far the reading is
_SEARCHED = 1000
_SHOWN = 8

Shape = tuple[int, int, int]


def first_shape(path: Path, options: DataOptions) -> Shape | None:
    """Rows, columns and channels of the first image; None where there is none."""
    kinds = Kinds(options.formats)
    for found in walk(str(path), kinds.suffixes):
        if isinstance(found, str):
            try:
                image = open_image(Path(found), kinds, channels=None)
            except DetectorError as reason:
                raise _broken(reason) from reason
            channels = {"L": 1, "RGBA": 4}.get(image.mode, 3)
            return image.height, image.width, channels
    return None


def read_folder(
    path: Path,
    wanted: Shape,
    options: DataOptions,
    *,
    num_classes: int | None,
    names: tuple[str, ...] | None,
    labelled: bool,
) -> Dataset:
    """Reads all images; grey, RGB or RGBA as the network takes them.

    Args:
        path: The folder.
        wanted: Rows, columns and channels that a network takes.
        options: What the user says.
        num_classes: Number of classes, N, where known.
        names: Of the classes, by label, where known.
        labelled: If False, images may lie anywhere below, and labels are all -1.

    Raises:
        DatasetError: If the folder holds no such images, or one is broken.
    """
    kinds = Kinds(options.formats)
    first: int | None = 0
    labels = {"": -1}
    if labelled:
        folders = folders_below(path)
        if not folders:
            raise no_classes(path, options)
        empty = [x for x in folders if next(_files(path / x, kinds), None) is None]
        labels, names, first = labels_of_folders(
            path, folders, num_classes, names, options.first_label, empty
        )
    files = [
        (file, label)
        for folder, label in labels.items()
        for file in _files(path / folder, kinds)
    ]
    if not files:
        raise _nothing(path, f"images ({', '.join(kinds.suffixes)})", kinds)
    if labelled:
        _say_where_they_lie(path, [file for file, _ in files])
    _say_what_is_passed_over(path, kinds)
    images, resized = _images(path, [file for file, _ in files], wanted, kinds)
    found = np.array([x for _, x in files], np.int64)
    return Dataset(images, found, names, first, resized)


def no_classes(path: Path, options: DataOptions, *, more: str = "") -> DatasetError:
    """The error of a folder without folders in it; ``more`` is another remedy."""
    kinds = Kinds(options.formats)
    return _nothing(path, "one folder a class, with images in it", kinds, more)


def _broken(reason: DetectorError) -> DatasetError:
    rest = " Mend or remove it." if str(reason)[-1] == "." else ", or remove it."
    return DatasetError(f"{reason}{rest}")


def _say_where_they_lie(path: Path, files: list[str]) -> None:
    """A word on images in folders below those of classes: all count."""
    parts = (Path(file).relative_to(path).parts for file in files)
    below = Counter(part[1] for part in parts if len(part) > 2)
    if below:
        shown = ", ".join(printable(name[:40]) for name in sorted(below)[:_SHOWN])
        say(
            f"{path}: {below.total():,} images lie in folders below those of the classes, "
            f"and count as theirs: {shown}"
        )


def _say_what_is_passed_over(path: Path, kinds: Kinds) -> None:
    found = Counter(
        Path(file).suffix.lower()
        for file in walk(str(path), kinds.unread)
        if isinstance(file, str)
    )
    if found:
        say(f"{path}: {passed_over(found)}")


def _files(folder: Path, kinds: Kinds) -> Iterator[str]:
    for found in walk(str(folder), kinds.suffixes):
        if isinstance(found, DetectorError):
            raise DatasetError(f"{found} Mend that, or leave it out.") from found
        if not LEFT_BEHIND.intersection(Path(found).relative_to(folder).parts):
            yield found


def _images(
    path: Path, files: list[str], wanted: Shape, kinds: Kinds
) -> tuple[np.ndarray, bool]:
    """The images, and whether any was of another size."""
    rows, columns, channels = wanted
    images = room((len(files), *wanted))
    others = 0
    long = len(files) >= _LONG
    for index, file in enumerate(progress(files, label="reading") if long else files):
        try:
            image = open_image(Path(file), kinds, channels=channels)
        except DetectorError as reason:
            raise _broken(reason) from reason
        others += image.size != (columns, rows)
        images[index] = fitted(image, (rows, columns)).reshape(wanted)
    if others:
        say(
            f"{path}: {others:,} of {len(files):,} images are of another size; each is "
            f"brought to {columns} x {rows}, bilinear, whole"
        )
    return images, others > 0


def _nothing(path: Path, expected: str, kinds: Kinds, more: str = "") -> DatasetError:
    """What is there instead, and which option would read it."""
    found = (file for file in walk(str(path), None) if isinstance(file, str))
    endings = Counter(
        Path(file).suffix.lower()[:12] or "no ending"
        for file, _ in zip(found, range(_SEARCHED), strict=False)
    )
    held = ", ".join(f"{count} {ending}" for ending, count in endings.most_common(4))
    asked = [name for name in kinds.others if f".{name}" in endings]
    remedy = f" Add --formats {' '.join(asked)}" if asked else ""
    if not remedy and set(endings) & set(kinds.suffixes):
        remedy = (
            " Put the images of each class into a folder that is named as the class, and "
            f"give the folder of these folders{more}."
        )
    elif not remedy and set(endings) & set(kinds.unread):
        remedy = " Save them as PNG."
    return DatasetError(
        f"{path}: expected {expected}. Received: {held or 'no file'}.{remedy}"
    )
