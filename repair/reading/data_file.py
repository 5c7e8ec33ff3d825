"""Reads labelled images, whatever people keep them in; above, all are seen as Keras does.

HDF5 of the competition's layout (``data`` (n, channels, rows, columns), values 0..255, and
``label`` (n,) or (n, 1)) and of others, ``.npz``, pairs of ``.npy``, folders of images.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.process.notice import said_if_all_is_well, say
from repair.process.what_is_there import what_is_there
from repair.reading import image_folder
from repair.reading.arrays import Arrays, is_npy, open_arrays
from repair.reading.class_list import read_class_list
from repair.reading.keys import COMPETITION, find_keys, partner_of
from repair.reading.labels import plain_labels
from repair.reading.pixels import Shape, read_images, shape_of
from repair.reading.shape_hints import without_network
from repair.reading.tables.columns import square
from repair.reading.tables.pixel_table import as_images
from repair.reading.text_labels import numbers_or_names
from repair.settings import DataOptions

IMAGE_SHAPE = (55, 47, 3)
AS_IT_IS = DataOptions()
_MAX_LABEL_BYTES, _MAX_TEXT_BYTES = 1 << 30, 1 << 14


@said_if_all_is_well()
def read_dataset(
    path: Path,
    *,
    image_shape: Shape = IMAGE_SHAPE,
    num_classes: int | None = None,
    labelled: bool = True,
    options: DataOptions = AS_IT_IS,
    names: tuple[str, ...] | None = None,
    bounded: bool = True,
) -> Dataset:
    """Reads a dataset, block by block or image by image.

    Args:
        path: The file or folder.
        image_shape: Expected rows, columns and channels.
        num_classes: Number of classes, N, where known; labels must lie below.
        labelled: If False, missing labels are fine and labels are all -1.
        options: What the user says about the file.
        names: Of the classes, by label, where other data or a detector told them.
        bounded: If False, labels of N and more are no error.

    Raises:
        DatasetError: If the file is missing or broken, or a key, shape, value range or
            label is not as expected, or not clear.
    """
    if options.classes is not None:
        names = read_class_list(options.classes)
    if names is not None and num_classes not in (None, len(names)):
        raise DatasetError(
            f"{options.classes or path}: expected the names of {num_classes} classes, as "
            f"many as the network has. Received: {len(names)}."
        )
    if path.is_dir():
        return image_folder.read_folder(
            path,
            image_shape,
            options,
            num_classes=num_classes,
            names=names,
            labelled=labelled,
        )
    with open_arrays(path, dict(options.keys).values()) as arrays:
        images, labels, plain = _keys(path, arrays, options, labelled)
        stored = arrays.get(images)
        where = f"{path}: {images[:100]!r}"
        if arrays.in_rows:
            stored = as_images(where, stored, image_shape, options.axes)
        pixels = read_images(where, stored, image_shape, options, first=plain)
        count = len(pixels)
        if labels is None:
            return Dataset(pixels, np.full(count, -1, np.int64), names)
        where, raw = _raw_labels(path, arrays, labels)
        raw, names, named = numbers_or_names(where, raw, num_classes, names)
        begin = 0 if named else options.first_label
        found, first = plain_labels(
            where, raw, count, num_classes, begin, bounded=bounded
        )
    return Dataset(pixels, found, names, None if named else first)


def shape_in(path: Path, options: DataOptions) -> Shape | None:
    """Rows, columns and channels of the images; None where only a network tells.

    Raises:
        DatasetError: If the file is missing or broken.
    """
    if path.is_dir():
        return image_folder.first_shape(path, options)
    with open_arrays(path, dict(options.keys).values()) as arrays:
        images, _, plain = _keys(path, arrays, options, labelled=False)
        shape = arrays.get(images).shape
        if arrays.in_rows:
            return square(shape[1])
        return shape_of(shape, options, first=plain)


def unclear_shape(path: Path, options: DataOptions) -> DatasetError:
    """The error of a file for which ``shape_in`` is None, where no network tells it."""
    with open_arrays(path, dict(options.keys).values()) as arrays:
        images, _, _ = _keys(path, arrays, options, labelled=False)
        shape, in_rows = arrays.get(images).shape, arrays.in_rows
    return DatasetError(
        f"{path}: {images[:100]!r}: expected images (n, rows, columns, channels). Received: "
        f"{shape}. {without_network(shape, in_rows=in_rows)}"
    )


def files_of(path: Path, options: DataOptions, *, labelled: bool = True) -> list[Path]:
    """What is read for a dataset: itself, and the labels that lie beside a ``.npy``.

    Raises:
        DatasetError: If the labels are missing.
    """
    if not labelled or path.is_dir() or not is_npy(path):
        return [path]
    return [path, path.parent / (dict(options.keys).get("labels") or partner_of(path))]


def write_dataset(path: Path, data: Dataset) -> None:
    """Writes a dataset in the competition's layout."""
    with h5py.File(path, "w") as file:
        images = np.moveaxis(data.images, 3, 1)
        file.create_dataset("data", data=images, compression="gzip")
        file.create_dataset("label", data=data.labels, compression="gzip")


def _keys(
    path: Path, arrays: Arrays, options: DataOptions, labelled: bool
) -> tuple[str, str | None, bool]:
    """Names of images and labels, and whether this is the competition's layout."""
    given = dict(options.keys)
    if arrays.alone:  # its labels are in another file
        partner = given.get("labels") or (partner_of(path) if labelled else None)
        if partner and not given:
            say(f"{path}: labels are in {partner}")
        return path.name, partner, False
    images, labels = find_keys(path, arrays.shapes, given, labelled=labelled)
    plain = arrays.of_competition and images == COMPETITION[0]
    others = bool(given) and not {images, labels} & set(given.values())
    if labels and (others or not (plain or given)):
        why = ", as it has none of --keys" if others else ""
        say(f"{path}: images are {images!r}, labels {labels!r}{why}")
    return images, labels, plain


def _raw_labels(path: Path, arrays: Arrays, name: str) -> tuple[str, np.ndarray]:
    """What errors begin with, and the numbers."""
    if arrays.alone:
        beside = path.parent / name
        if not beside.is_file():
            raise DatasetError(
                f"{beside}: expected labels. Received: {what_is_there(beside)}."
            )
        with open_arrays(beside) as others:
            key = next(iter(others.shapes))
            return str(beside), _whole(str(beside), others, key)
    where = f"{path}: {name[:100]!r}"
    return where, _whole(where, arrays, name)


def _whole(where: str, arrays: Arrays, name: str) -> np.ndarray:
    stored = arrays.get(name)
    size = int(np.prod(stored.shape)) * stored.dtype.itemsize
    long = stored.dtype.kind in "US" and stored.dtype.itemsize > _MAX_TEXT_BYTES
    if not stored.shape or size > _MAX_LABEL_BYTES or long:
        raise DatasetError(
            f"{where}: expected labels, one per image, names of a moderate length. "
            f"Received: {stored.shape}, {str(stored.dtype)[:40]}."
        )
    return stored.rows(0, stored.shape[0])
