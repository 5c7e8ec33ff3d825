"""Reads HDF5 files from strangers: plain datasets of this very file, nothing else.

What is asked of a file before its sizes are known to be true gets little memory, and
what it unpacks to is bounded more narrowly than ``artifacts.reading`` bounds it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

from artifacts.reading.hdf5_file import (
    check_heaps,
    opened,
    problem,
    sizes,
    too_little,
    unwritten,
)
from repair.errors import RepairError
from repair.process.little_memory import sparing

MAX_BYTES = 4 << 30
_BRAIN_FLOAT = "|V2"
# (factor, bytes on top): what stored bytes may unpack to; only small files may come near
# what zlib can do.
_FACTOR, _MORE = 100, 64 << 20


def is_file(path: Path) -> bool:
    """Whether a file is there; False, not an error, for an impossible name."""
    return os.path.isfile(path)  # noqa: PTH113


@contextmanager
def open_hdf5(
    path: Path, error: type[RepairError], *, part: BinaryIO | None = None
) -> Iterator[h5py.File]:
    """Opens an HDF5 file for reading.

    Args:
        path: The file.
        error: What to raise on this file's account.
        part: The part of it that is HDF5, open; None = all of it.

    Raises:
        RepairError: Of the given type, if the file is missing, unreadable or not HDF5,
            or breaks while it is read.
    """
    check_heaps(str(path), error, part=part)
    with opened(str(path), error, part=part, opening=sparing) as file:
        yield file


@sparing()
def child(group: h5py.Group, name: str, error: type[RepairError]) -> h5py.HLObject:
    """The object at ``name`` (``a/b/c``) below ``group``, if it lies in this file.

    Raises:
        RepairError: Of the given type, if a part is missing, or a soft or external
            link.
    """
    place = group
    for part in filter(None, str(name).split("/")):
        link = place.get(part, getlink=True) if isinstance(place, h5py.Group) else None
        if not isinstance(link, h5py.HardLink) or part in (".", ".."):
            raise error(
                f"{group.file.filename}: expected {str(name)[:100]!r} below "
                f"{group.name!r}, stored in the file itself. Received: "
                f"{type(link).__name__} at {part[:100]!r}."
            )
        place = place[part]
    return place


@sparing()
def dataset(
    group: h5py.Group,
    name: str,
    error: type[RepairError],
    *,
    weights: bool = False,
    texts: bool = False,
) -> h5py.Dataset:
    """The dataset of plain numbers at ``name``, checked but not yet read.

    Args:
        group: Where it lies.
        name: Of the dataset.
        error: What to raise.
        weights: Whether bfloat16 is fine too, which HDF5 and NumPy know as two bytes.
        texts: Whether texts are fine too.

    Raises:
        RepairError: Of the given type, if it is not a dataset of numbers that lies
            wholly in this file, in a size that can be held.
    """
    found = child(group, name, error)
    also = _BRAIN_FLOAT if weights else None
    if (
        texts
        and isinstance(found, h5py.Dataset)
        and h5py.check_string_dtype(found.dtype)
    ):
        also = found.dtype.str
    if wrong := problem(found, also=also) or _too_large(found) or unwritten(found):
        raise error(f"{group.file.filename}: {name[:100]!r}: {wrong}")
    return found


def _too_large(found: h5py.Dataset) -> str | None:
    """Why a dataset can not be held, None if it can."""
    declared, stored = sizes(found)
    if declared > min(MAX_BYTES, stored * _FACTOR + _MORE):
        return too_little(found)
    return None


def numbers(stored: h5py.Dataset, error: type[RepairError]) -> np.ndarray:
    """The values of a checked dataset (see ``dataset``), float32, all finite.

    Raises:
        RepairError: Of the given type, if the dataset holds NaN or infinity.
    """
    with np.errstate(over="ignore"):  # becomes infinity, and is refused below
        values = np.asarray(stored[()])
        if values.dtype.str == _BRAIN_FLOAT:  # the upper half of a float32
            values = (values.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        values = values.astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        raise error(
            f"{stored.file.filename}: {stored.name!r}: expected finite numbers. "
            "Received: NaN or infinity."
        )
    return values
