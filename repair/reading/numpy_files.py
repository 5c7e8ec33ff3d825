"""Files of NumPy, ``.npy`` and ``.npz``, read without pickle and by blocks.

The shape in a header is believed only if the file holds as many bytes.
"""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from artifacts.errors import printable
from repair.errors import DatasetError
from repair.reading.no_data import reason_against_members

_MOST_MEMBERS = 1000
_EXPANSION = 1100  # zlib can not compress below 1/1032
_SLACK = 1 << 20
_BROKEN = (
    ArithmeticError,
    EOFError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Stored:
    """An array in a file, not yet read.

    Attributes:
        shape: As the file declares it, and holds it.
        dtype: Of plain numbers, or of texts.
        rows: Reads ``start:stop`` of the first axis; in order, it is quick.
        chunk: Rows that are best read together, or a multiple of them.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    rows: Callable[[int, int], np.ndarray]
    chunk: int = 1


Opened = tuple[Mapping[str, tuple[int, ...]], Callable[[str], Stored]]


@contextmanager
def open_npy(path: Path) -> Iterator[Opened]:
    """One array, by the name of its file.

    Raises:
        DatasetError: If the file is broken, or asks for pickle.
    """
    with path.open("rb") as file:
        stored = _array(file, path.stat().st_size, str(path))
        yield {path.name: stored.shape}, lambda _: stored


@contextmanager
def open_npz(path: Path) -> Iterator[Opened]:
    """The arrays of an archive, by name; one that is none has the shape ().

    Raises:
        DatasetError: If the file is broken, packed in another way than by NumPy, or
            declares more than it holds.
    """
    with ExitStack() as opened:
        with _told(str(path)):
            archive = opened.enter_context(zipfile.ZipFile(path))
            members = _members(archive, path)
            reason = reason_against_members(archive.namelist()[:_MOST_MEMBERS])
            if reason is not None and not members:
                raise DatasetError(f"{path}: {reason}")

        def get(name: str) -> Stored:
            where = f"{path}: {name[:100]!r}"
            with _told(where):
                file = opened.enter_context(archive.open(members[name]))
            return _array(file, members[name].file_size, where)

        # What can not be read is said when it is asked for.
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(members, ())
        for name in members:
            with suppress(DatasetError):
                shapes[name] = get(name).shape
        yield shapes, get


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if not info.filename.endswith(".npy"):
            continue
        name = info.filename.removesuffix(".npy")
        if name in found or len(found) == _MOST_MEMBERS:
            raise DatasetError(
                f"{path}: expected at most {_MOST_MEMBERS} arrays, each once. Received: "
                f"{name[:100]!r} twice, or more of them."
            )
        known = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if info.flag_bits & 1 or not known:
            raise DatasetError(
                f"{path}: {name[:100]!r} is encrypted or packed in another way than by "
                "NumPy. Write it again with numpy.savez_compressed."
            )
        if info.file_size > info.compress_size * _EXPANSION + _SLACK:
            raise DatasetError(
                f"{path}: {name[:100]!r} declares {info.file_size:,} bytes, but stores "
                f"{info.compress_size:,}. Write it again with numpy.savez_compressed."
            )
        found[name] = info
    return found


def _array(file: IO[bytes], size: int, where: str) -> Stored:
    """What the header of an array says, held against the bytes that are there."""
    with _told(where):
        version = npy.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"version {version} of the format")
        shape, by_columns, dtype = _HEADERS[version](file)
        start = file.tell()
    if dtype.hasobject or dtype.kind not in "fiubUS":
        pickled = ", which may run code when it is unpacked" if dtype.hasobject else ""
        raise DatasetError(
            f"{where}: expected plain numbers or texts. Received: {str(dtype)[:60]}{pickled}."
        )
    declared = math.prod(shape) * dtype.itemsize
    if declared != size - start:
        raise DatasetError(
            f"{where}: declares {declared:,} bytes of shape {str(shape)[:60]}, but holds "
            f"{size - start:,}. Check that the file is whole."
        )
    if by_columns and len(shape) > 1:
        return _by_columns(file, shape, dtype, where)
    one = declared // max(shape[0], 1) if shape else declared

    def rows(begin: int, stop: int) -> np.ndarray:
        begin, stop = (min(place, shape[0]) for place in (begin, stop))
        with _told(where):
            file.seek(start + begin * one)
            content = file.read((stop - begin) * one)
            return np.frombuffer(content, dtype).reshape(stop - begin, *shape[1:])

    return Stored(shape, dtype, rows)


def _by_columns(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype, where: str
) -> Stored:
    """An array in Fortran's order, which can be read only as a whole."""
    start = file.tell()
    kept: list[np.ndarray] = []

    def rows(begin: int, stop: int) -> np.ndarray:
        with _told(where):
            if not kept:
                file.seek(start)
                kept.append(np.frombuffer(file.read(), dtype).reshape(shape[::-1]).T)
            return kept[0][begin:stop]

    return Stored(shape, dtype, rows)


_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Whatever a broken file makes NumPy and zlib raise becomes one line."""
    try:
        yield
    except _BROKEN as reason:
        text = " ".join(str(reason)[:1000].split())[:200] or type(reason).__name__
        raise DatasetError(
            f"{where}: can not be read as NumPy writes it. Check that the file is whole. "
            f"Received: {printable(text)}"
        ) from reason
