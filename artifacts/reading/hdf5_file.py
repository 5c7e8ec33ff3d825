"""HDF5 files of strangers: opened only when sound, and plain values of that very file.

An HDF5 file can point to other files (external links, external storage, virtual
datasets), name filter plug-ins to be loaded, and declare sizes that it does not hold.
All of that is refused before a value is read.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, BinaryIO

from artifacts.errors import DetectorError, printable
from artifacts.reading.hdf5_chunks import unpacks_to_more
from artifacts.reading.hdf5_heaps import heaps_end

_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}
_CHUNK_BYTES = 256 << 20
_EXPANSION = 1100  # zlib can not compress below 1/1032, so more was never stored
_SLACK = 1 << 20
# What a broken file makes HDF5 and h5py raise.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def check_heaps(
    path: str,
    error: type[Exception] = DetectorError,
    *,
    part: BinaryIO | None = None,
) -> None:
    """Looks through a file before HDF5 does, which a broken heap would hang.

    Args:
        path: A file; one that is missing is left to ``opened``.
        error: What to raise on this file's account.
        part: The part of it that is HDF5, open; None = all of it.

    Raises:
        DetectorError: Or ``error``, if the file can not be read, or is not safe to open.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - an impossible name is no error
        return
    try:
        sound = heaps_end(part or path)
    except OSError as reason:
        raise error(f"{printable(path)}: {reason.strerror}.") from reason
    if not sound:
        raise error(
            f"{printable(path)}: is not safe to read as HDF5: names or texts lead in "
            "circles, or addresses have other than 8 bytes. Write it again."
        )


@contextmanager
def opened(
    path: str,
    error: type[Exception] = DetectorError,
    *,
    part: BinaryIO | None = None,
    name: str | None = None,
    opening: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Iterator[Any]:
    """Opens an HDF5 file for reading; its heaps are checked before (``check_heaps``).

    Args:
        path: The file.
        error: What to raise on this file's account.
        part: The part of it that is HDF5, open; None = all of it.
        name: What its errors begin with; None = the path.
        opening: What the opening itself happens in, such as a limit on memory.

    Raises:
        DetectorError: Or ``error``, if the file is missing, unreadable or not HDF5, or
            breaks while it is read.
    """
    import h5py

    name = name or printable(path)
    if not os.path.isfile(path):  # noqa: PTH113
        found = "not a file" if os.path.lexists(path) else "no such file"
        raise error(f"{name}: expected an HDF5 file. Received: {found}.")
    try:
        with opening():
            file = h5py.File(part or path, "r")
        with file:
            yield file
    except _BROKEN as reason:
        raise error(broken(name, reason)) from reason


def broken(name: str, reason: BaseException) -> str:
    """What is said of a file on which HDF5 fails."""
    text = printable(" ".join(str(reason)[:1000].split()))[:200]
    return f"{name}: can not be read as HDF5. Check that the file is whole. Received: {text}"


def problem(
    dataset: Any, *, chosen: range | None = None, also: str | None = None
) -> str | None:
    """What keeps an object from being plain numbers of this very file, None if nothing.

    Args:
        dataset: What a hard link leads to, not yet read.
        chosen: The places of its first axis that will be read; None = all.
        also: Another type that is fine, as NumPy spells it.
    """
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        return f"expected a dataset. Received: {type(dataset).__name__}."
    plain = dataset.dtype.kind in "fiub" or dataset.dtype.str == also
    if not plain or dataset.shape is None:
        found = "nothing" if dataset.shape is None else str(dataset.dtype)[:60]
        return f"expected plain numbers. Received: {printable(found)}."
    if dataset.is_virtual or dataset.external is not None:
        return "expected values inside the file. Received: a pointer."
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    if set(filters) - set(_FILTERS):
        return f"unknown HDF5 filter. Expected one of {', '.join(_FILTERS.values())}."
    declared, held = sizes(dataset)
    if declared > held * _EXPANSION + _SLACK:
        return too_little(dataset)
    if math.prod(dataset.chunks or ()) * dataset.dtype.itemsize > _CHUNK_BYTES:
        return (
            f"stored in chunks of {dataset.chunks}. Expected at most 256 MiB a chunk."
        )
    if unpacks_to_more(dataset, filters, chosen=chosen):
        return (
            "has chunks that may unpack to more than was declared. Expected gzip or lzf "
            "once, in smaller chunks. Write it again."
        )
    return None


def sizes(dataset: Any) -> tuple[int, int]:
    """Bytes that a dataset declares, and those that the file stores for it."""
    stored = min(dataset.id.get_storage_size(), dataset.file.id.get_filesize())
    return dataset.size * dataset.dtype.itemsize, stored


def unwritten(dataset: Any) -> str | None:
    """Why values of a dataset were never written, None if all were.

    HDF5 gives zeros for them: black images, all of class 0.
    """
    if dataset.chunks is None:
        held = int(not dataset.size or bool(dataset.id.get_storage_size()))
        parts = 1
    else:
        sides = zip(dataset.shape, dataset.chunks, strict=True)
        parts = math.prod(-(-side // chunk) for side, chunk in sides)
        held = dataset.id.get_num_chunks() if parts else 0
    if held >= parts:
        return None
    return (
        f"of {parts:,} parts of shape {dataset.shape}, {parts - held:,} were never written. "
        "Expected all values. Shorten it to what was written, dataset.resize(n, axis=0)."
    )


def too_little(dataset: Any) -> str:
    """The problem of a dataset that declares more than is stored."""
    declared, held = sizes(dataset)
    return (
        f"declares {declared:,} bytes of shape {dataset.shape}, but stores {held:,}. "
        "Expected values for the whole shape. Write it again."
    )
