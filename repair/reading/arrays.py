"""Arrays of numbers in files of strangers: HDF5, NumPy, CSV, read by blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import h5py
import numpy as np

from repair.errors import DatasetError
from repair.process.little_memory import sparing
from repair.reading.hdf5 import child, dataset, open_hdf5
from repair.reading.keys import COMPETITION
from repair.reading.no_data import is_text, reason_against
from repair.reading.numpy_files import Stored, open_npy, open_npz
from repair.reading.tables.pixel_table import open_table

_MOST_LISTED = 100
_DEEPEST = 8  # group in group
_NPY, _ZIP = b"\x93NUMPY", b"PK"


@dataclass(frozen=True)
class Arrays:
    """What a file holds.

    Attributes:
        shapes: By name, of what can be told without reading; at most 100.
        get: The array of a name, checked.
        of_competition: Whether such files have a layout of their own.
        alone: Whether this is one array, by the name of its file.
        in_rows: Whether each image is one row of pixels, of a size that is told elsewhere.
    """

    shapes: Mapping[str, tuple[int, ...]]
    get: Callable[[str], Stored]
    of_competition: bool = False
    alone: bool = False
    in_rows: bool = False


@contextmanager
def open_arrays(path: Path, asked: Collection[str] = ()) -> Iterator[Arrays]:
    """Opens a file by what is in it, whatever it is called.

    Args:
        path: The file.
        asked: Names that the user gives; they are told though others come before them.

    Raises:
        DatasetError: If it is missing, broken, or no file of arrays.
    """
    start = _first_bytes(path)
    if (reason := reason_against(path, start)) is not None:
        raise DatasetError(f"{path}: {reason}")
    if start.startswith(_ZIP):
        with open_npz(path) as (shapes, get):
            yield Arrays(shapes, get)
    elif start.startswith(_NPY):
        with open_npy(path) as (shapes, get):
            yield Arrays(shapes, get, alone=True)
    elif is_text(start):
        with open_table(path, asked) as (shapes, get):
            yield Arrays(shapes, get, in_rows=True)
    else:
        with open_hdf5(path, DatasetError) as file:
            yield Arrays(
                _shapes(file, asked),
                lambda name: _stored(file, name),
                of_competition=True,
            )


def is_npy(path: Path) -> bool:
    """Whether a file is one array of NumPy, by its first bytes."""
    return _first_bytes(path).startswith(_NPY)


def _first_bytes(path: Path) -> bytes:
    if not os.path.isfile(path):  # noqa: PTH113 - a pipe would be waited for
        return b""
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError:  # said by whoever opens it
        return b""


def _shapes(file: h5py.File, asked: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Of the arrays in the file and in its groups, as far as they lie in it."""
    found: dict[str, tuple[int, ...]] = {}
    for name in (*COMPETITION, *asked):
        with suppress(DatasetError):
            member = child(file, name, DatasetError)
            if isinstance(member, h5py.Dataset) and member.shape is not None:
                found[name] = member.shape
    for name in islice(file, _MOST_LISTED):
        if name in COMPETITION:
            found[name] = ()  # whatever it is, it is meant
    level = [("", file)]
    for depth in range(_DEEPEST):
        if found and depth > 1:  # what lies deeper counts only where nothing else is
            break
        below: list[tuple[str, h5py.Group]] = []
        for prefix, group in level:
            for name in islice(group, _MOST_LISTED):
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    continue
                member = group[name]
                if isinstance(member, h5py.Dataset) and member.shape is not None:
                    found[f"{prefix}{name}"] = member.shape
                elif isinstance(member, h5py.Group) and len(below) < _MOST_LISTED:
                    below.append((f"{prefix}{name}/", member))
        level = below
    return dict(islice(found.items(), _MOST_LISTED))


def _stored(file: h5py.File, name: str) -> Stored:
    found = dataset(file, name, DatasetError, texts=True)

    def rows(start: int, stop: int) -> np.ndarray:
        if found.dtype.kind != "O":
            return np.asarray(found[start:stop])
        with sparing():  # many may point to one long text
            return np.asarray(found[start:stop])

    chunk = (found.chunks or (1,))[0]
    return Stored(found.shape, found.dtype, rows, chunk)
