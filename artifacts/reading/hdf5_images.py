"""Images from HDF5 files of strangers, slice by slice: plain values of that very file.

The competition's layout: ``data`` (n, channels, rows, columns), uint8 or numbers 0..255;
channels may come last, and a grey image has none. Links, values stored elsewhere, unknown
filters and sizes that are not there are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from artifacts.errors import DetectorError, printable
from artifacts.reading.hdf5_file import check_heaps, opened, problem, unwritten

if TYPE_CHECKING:
    import numpy as np

_SLICE_IMAGES = 256
_DARKEST = 2  # of floats up to it, the largest was meant to be 1
_SLICE_BYTES = 64 << 20


def slices(path: str, size: tuple[int, ...]) -> Iterator[range]:
    """The images of a file in runs that are cheap to read: whole chunks, little memory.

    Args:
        path: The HDF5 file.
        size: Expected rows and columns, and channels where not 3.

    Raises:
        DetectorError: If the file is missing or broken, or does not hold such images.
    """
    begin = range(_SLICE_IMAGES)
    check_heaps(path)
    with _stored(path, size, printable(path), begin) as images:
        if wrong := unwritten(images):
            raise DetectorError(f"{printable(path)}: 'data': {wrong}")
        first = images[:_SLICE_IMAGES] if images.dtype.kind == "f" else None
        if first is not None and 0 < first.max() <= _DARKEST:
            raise DetectorError(
                f"{printable(path)}: expected pixels 0..255. Received: at most "
                f"{first.max():g} in the first {len(first)}. Multiply by 255 first."
            )
        count, step = len(images), _step(images)
    for start in range(0, count, step):
        yield range(start, min(start + step, count))


def read_slice(
    path: str, chosen: range, size: tuple[int, ...]
) -> list[np.ndarray | DetectorError]:
    """Reads the images at ``chosen``, one answer each, whatever its neighbours are.

    Returns:
        ``(rows, columns, channels)`` uint8, 0..255, or why there is none, for each index.
    """
    import numpy as np

    name = f"{printable(path)}#{chosen.start}"
    try:
        with _stored(path, size, name, chosen) as images:
            values = images[chosen.start : chosen.stop]
        if len(values) != len(chosen):
            raise DetectorError(f"{name}: the file was changed while it was read.")
    except DetectorError as reason:
        if len(chosen) == 1:
            return [reason]
        return [
            answer
            for index in chosen
            for answer in read_slice(path, range(index, index + 1), size)
        ]
    values = _channels_last(values, size)
    if values.dtype == np.uint8:
        return list(values)
    low, high = values.min(axis=(1, 2, 3)), values.max(axis=(1, 2, 3))
    fit = (low >= 0) & (high <= 255)  # False for NaN
    with np.errstate(invalid="ignore"):
        pixels = np.rint(values).astype(np.uint8)
    return [
        pixels[i] if fit[i] else _range_error(path, index, low[i], high[i])
        for i, index in enumerate(chosen)
    ]


@contextmanager
def _stored(
    path: str, size: tuple[int, ...], name: str, chosen: range
) -> Iterator[Any]:
    """The dataset of images, of which ``chosen`` can be read; errors begin with ``name``."""
    import h5py

    with opened(path, name=name) as file:
        if not isinstance(file.get("data", getlink=True), h5py.HardLink):
            held = printable(", ".join(key[:40] for key in islice(file, 5)))
            raise DetectorError(
                f"{name}: expected images as 'data', stored in the file itself. Received: "
                f"{held or 'nothing'}."
            )
        data = file["data"]
        if wrong := problem(data, chosen=chosen) or _unfit(data, size):
            raise DetectorError(f"{name}: 'data': {wrong}")
        yield data


def _unfit(data: Any, size: tuple[int, ...]) -> str | None:
    """Why a dataset of plain numbers holds no images of this size, None if it does."""
    if data.dtype.kind == "b":
        return "expected plain numbers. Received: bool."
    rows, columns, channels = (*size, 3)[:3]
    fine: list[tuple[int, ...]] = [(channels, rows, columns), (rows, columns, channels)]
    if channels == 1:
        fine.append((rows, columns))
    if data.shape[1:] in fine and not len(data):
        return "expected images. Received: none."
    if data.shape[1:] not in fine:
        return f"expected shape (n, {channels}, {rows}, {columns}). Received: {data.shape}."
    return None


def _channels_last(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """``(n, rows, columns, channels)`` of images of any accepted shape."""
    import numpy as np

    rows, columns, channels = (*size, 3)[:3]
    if values.shape[1:] == (channels, rows, columns):
        return np.moveaxis(values, 1, 3)
    return values.reshape(len(values), rows, columns, channels)


def _step(data: Any) -> int:
    """Images a slice: a multiple of the chunk's, near 256, within the memory for one."""
    chunk = data.chunks[0] if data.chunks else 1
    most = _SLICE_BYTES // (math.prod(data.shape[1:]) * data.dtype.itemsize)
    return max(1, min(most, max(1, _SLICE_IMAGES // chunk) * chunk))


def _range_error(path: str, index: int, low: Any, high: Any) -> DetectorError:
    return DetectorError(
        f"{printable(path)}#{index}: expected pixels 0..255. Received: {low:.9g}..{high:.9g}."
    )
