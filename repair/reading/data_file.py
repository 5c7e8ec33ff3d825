"""Reads labelled images; alone knows HDF5 keys, axis order and value range.

The competition's layout: ``data`` (n, channels, rows, columns), values 0..255, and
``label`` (n,) or (n, 1). Everything above this module sees images as Keras does.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.reading.hdf5 import dataset, open_hdf5

IMAGE_SHAPE = (55, 47, 3)
_CHUNK_BYTES = 32 << 20


def read_dataset(
    path: Path,
    *,
    image_shape: tuple[int, int, int] = IMAGE_SHAPE,
    num_classes: int | None = None,
    labelled: bool = True,
) -> Dataset:
    """Reads a dataset of the competition's layout, chunk by chunk.

    Args:
        path: HDF5 file.
        image_shape: Expected rows, columns and channels.
        num_classes: Number of people, N; where given, labels must lie below.
        labelled: If False, a missing ``label`` is fine and labels are all -1.

    Raises:
        DatasetError: If the file is missing or broken, or a key, shape, value range or
            label is not as expected.
    """
    with open_hdf5(path, DatasetError) as file:
        images = _read_images(path, file, image_shape)
        if labelled:
            labels = _read_labels(path, file, len(images), num_classes)
        else:
            labels = np.full(len(images), -1, np.int64)
    return Dataset(images, labels)


def write_dataset(path: Path, data: Dataset) -> None:
    """Writes a dataset in the competition's layout."""
    with h5py.File(path, "w") as file:
        images = np.moveaxis(data.images, 3, 1)
        file.create_dataset("data", data=images, compression="gzip")
        file.create_dataset("label", data=data.labels, compression="gzip")


def _read_images(
    path: Path, file: h5py.File, image_shape: tuple[int, int, int]
) -> np.ndarray:
    stored = dataset(file, "data", DatasetError)
    rows, columns, channels = image_shape
    expected = (channels, rows, columns)
    if stored.ndim != 4 or stored.shape[1:] != expected or not len(stored):
        last = stored.ndim == 4 and stored.shape[1:] == image_shape
        hint = "Store channels first." if last else "Check that this is an image file."
        raise DatasetError(
            f"{path}: expected 'data' of shape (n, {channels}, {rows}, {columns}), n > 0. "
            f"Received: {stored.shape}. {hint}"
        )
    images = np.empty((len(stored), *image_shape), np.uint8)
    largest = 0.0
    step = max(1, _CHUNK_BYTES // stored[:1].nbytes, (stored.chunks or (0,))[0])
    for start in range(0, len(stored), step):
        chunk = stored[start : start + step]
        if chunk.dtype != np.uint8:
            _check_range(path, chunk)
        largest = max(largest, float(chunk.max()))
        images[start : start + step] = np.moveaxis(_whole(chunk), 1, 3)
    if largest <= 1:
        raise DatasetError(
            f"{path}: expected pixels 0..255. Received: at most {largest:g}. "
            "Multiply by 255 first."
        )
    return images


def _whole(chunk: np.ndarray) -> np.ndarray:
    """The nearest whole numbers; only floats need rounding."""
    rounded = np.rint(chunk) if chunk.dtype.kind == "f" else chunk
    return rounded.astype(np.uint8)


def _check_range(path: Path, chunk: np.ndarray) -> None:
    low, high = chunk.min(), chunk.max()
    if not (low >= 0 and high <= 255):  # also true of NaN
        raise DatasetError(f"{path}: expected pixels 0..255. Received: {low}..{high}.")


def _read_labels(
    path: Path, file: h5py.File, count: int, num_classes: int | None
) -> np.ndarray:
    stored = dataset(file, "label", DatasetError)
    if stored.shape not in ((count,), (count, 1)):
        raise DatasetError(
            f"{path}: expected 'label' of shape ({count},), one per image. "
            f"Received: {stored.shape}."
        )
    raw = stored[()].reshape(-1)
    top = np.inf if num_classes is None else num_classes - 1
    # NaN fails the first comparison, so it is caught as well.
    wrong = ~((raw >= 0) & (raw <= min(top, 2**31))) | (raw != np.trunc(raw))
    if wrong.any():
        first = int(np.argmax(wrong))
        limit = "N-1" if num_classes is None else str(num_classes - 1)
        raise DatasetError(
            f"{path}: expected labels to be whole numbers 0..{limit}. "
            f"Received: {raw[first]} at image {first}."
        )
    return raw.astype(np.int64)
