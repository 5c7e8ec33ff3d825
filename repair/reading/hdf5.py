"""Reads HDF5 files from strangers: plain datasets of this very file, nothing else.

An HDF5 file can point to other files (external links, external storage, virtual
datasets), name filter plug-ins to be loaded, and declare sizes that it does not hold.
All of that is refused before a value is read.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from repair.errors import RepairError, printable
from repair.process.little_memory import sparing
from repair.reading.hdf5_chunks import unpacks_to_more
from repair.reading.heaps import heaps_are_sound

_BUILT_IN_FILTERS = {
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
    h5py.h5z.FILTER_LZF,
}
MAX_BYTES = 4 << 30
_MAX_CHUNK_BYTES = 256 << 20
# (factor, bytes on top): what stored bytes may unpack to. zlib can not compress below
# 1/1032, so more was never stored; and only small files may come near that.
_EXPANSIONS = ((1100, 1 << 20), (100, 64 << 20))
# What a broken file makes HDF5 and h5py raise, MemoryError for sizes that are lies.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def is_file(path: Path) -> bool:
    """Whether a file is there; False, not an error, for an impossible name."""
    return os.path.isfile(path)  # noqa: PTH113


@contextmanager
def open_hdf5(path: Path, error: type[RepairError]) -> Iterator[h5py.File]:
    """Opens an HDF5 file for reading.

    Args:
        path: The file.
        error: What to raise on this file's account.

    Raises:
        RepairError: Of the given type, if the file is missing, unreadable or not HDF5,
            or breaks while it is read.
    """
    if not is_file(path):
        raise error(f"{path}: expected an HDF5 file. Received: no such file.")
    try:
        if not heaps_are_sound(path):
            raise error(
                f"{path}: is not safe to read as HDF5: names or texts lead in circles, or "
                "addresses have other than 8 bytes. Write it again."
            )
        with _opened(path) as file:
            yield file
    except _BROKEN as reason:
        raise error(
            f"{path}: can not be read as HDF5. Check that the file is whole. "
            f"Received: {one_line(reason)}"
        ) from reason


@sparing()
def _opened(path: Path) -> h5py.File:
    return h5py.File(path, "r")


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
def dataset(group: h5py.Group, name: str, error: type[RepairError]) -> h5py.Dataset:
    """The dataset of plain numbers at ``name``, checked but not yet read.

    Raises:
        RepairError: Of the given type, if it is not a dataset of numbers that lies
            wholly in this file, in a size that can be held.
    """
    found = child(group, name, error)
    where = f"{group.file.filename}: {name[:100]!r}"
    if not isinstance(found, h5py.Dataset):
        raise error(f"{where}: expected a dataset. Received: {type(found).__name__}.")
    if found.dtype.kind not in "fiub" or found.shape is None:
        raise error(
            f"{where}: expected plain numbers. Received: {str(found.dtype)[:60]}."
        )
    if found.is_virtual or found.external is not None:
        raise error(f"{where}: expected values inside the file. Received: a pointer.")
    properties = found.id.get_create_plist()
    filters = [properties.get_filter(i)[0] for i in range(properties.get_nfilters())]
    if not set(filters) <= _BUILT_IN_FILTERS:
        raise error(f"{where}: unknown HDF5 filter. Expected gzip, lzf or none.")
    size = found.size * found.dtype.itemsize
    stored = min(found.id.get_storage_size(), group.file.id.get_filesize())
    most = min(MAX_BYTES, *(stored * factor + more for factor, more in _EXPANSIONS))
    if size > most:
        raise error(
            f"{where}: declares {size:,} bytes of shape {found.shape}, but stores "
            f"{stored:,}. Expected values for the whole shape."
        )
    if math.prod(found.chunks or ()) * found.dtype.itemsize > _MAX_CHUNK_BYTES:
        raise error(f"{where}: too large a chunk. Expected at most 256 MiB a chunk.")
    if unpacks_to_more(found, filters):
        raise error(
            f"{where}: has chunks that may unpack to more than was declared. Expected "
            "gzip or lzf once, in chunks of at most 1 MiB. Write it again."
        )
    return found


def numbers(stored: h5py.Dataset, error: type[RepairError]) -> np.ndarray:
    """The values of a checked dataset (see ``dataset``), float32, all finite.

    Raises:
        RepairError: Of the given type, if the dataset holds NaN or infinity.
    """
    with np.errstate(over="ignore"):  # becomes infinity, and is refused below
        values = np.asarray(stored[()], dtype=np.float32)
    if not np.isfinite(values).all():
        raise error(
            f"{stored.file.filename}: {stored.name!r}: expected finite numbers. "
            "Received: NaN or infinity."
        )
    return values


def one_line(reason: object) -> str:
    """A message brought to one printable line of at most 200 characters."""
    return printable(" ".join(str(reason)[:1000].split()))[:200]
