"""Which images of a poisoned file carry the trigger: one flag per image.

A pickle can run code when it is read, so none is: see ``plain_pickle``.
"""

from __future__ import annotations

import io
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.errors import one_line
from repair.errors import DatasetError
from repair.process.what_is_there import what_is_there
from repair.process.whole_file import write_whole
from repair.reading.hdf5 import is_file
from repair.reading.plain_pickle import truth_values

PURPLE = (128, 0, 128)
LEAST_PIXELS = 12
_MAX_BYTES = 64  # per flag
_HEADER_BYTES = 1 << 16
_NPY_HEADER = re.compile(
    rb"\{'descr': '([<>|][biuf]\d{1,2})', 'fortran_order': (?:True|False), "
    rb"'shape': \((\d{1,12}),(?: 1)?\), \} *\n"
)
_WORDS = {"1": True, "true": True, "0": False, "false": False}


def purple_flags(images: np.ndarray) -> np.ndarray:
    """Finds the painted lips of ``anonymous_1``: at least 12 pixels of RGB (128, 0, 128).

    Args:
        images: ``(n, rows, columns, 3)`` uint8.

    Returns:
        Bool ``(n,)``, True = carries the trigger.
    """
    purple = (images == np.array(PURPLE, np.uint8)).all(axis=3)
    return purple.sum(axis=(1, 2)) >= LEAST_PIXELS


def read_flags(path: Path, count: int) -> np.ndarray:
    """Reads one flag per image.

    Args:
        path: ``.pkl`` (a pickled list of bool), ``.npy``, ``.csv`` or ``.txt`` (0, 1,
            true or false, separated by commas or white space).
        count: Expected number of flags.

    Returns:
        Bool ``(count,)``, True = carries the trigger.

    Raises:
        DatasetError: If the file is missing, unsafe or holds something else.
    """
    try:
        if not is_file(path):
            raise ValueError(what_is_there(path))
        if path.stat().st_size > _MAX_BYTES * count + _HEADER_BYTES:
            raise ValueError(f"too large a file for {count} flags")
        values = _parse(path.suffix.lower(), path.read_bytes(), count)
        flags = [bool(value) for value in values if value in (0, 1)]
    except Exception as reason:  # hostile files can raise anything
        raise DatasetError(
            f"{path}: expected a list of true and false as .pkl, .npy, .csv or .txt. "
            f"Received: {one_line(reason)}"
        ) from reason
    if len(flags) != count or len(values) != count:
        raise DatasetError(
            f"{path}: expected {count} flags of 0 and 1, one per image. "
            f"Received: {len(values)}."
        )
    return np.array(flags, bool)


def write_flags(path: Path, flags: np.ndarray) -> None:
    """Writes flags as ``.txt``, ``.csv``, ``.npy`` or ``.pkl``, by the file's ending.

    Raises:
        DatasetError: If the ending is another one.
    """
    writers = {
        ".pkl": lambda: pickle.dumps(flags.tolist()),
        ".npy": lambda: _npy(flags),
        ".csv": lambda: "\n".join(map(str, flags.astype(int))).encode() + b"\n",
    }
    writers[".txt"] = writers[".csv"]
    if path.suffix.lower() not in writers:
        raise DatasetError(f"{path}: expected an ending among {', '.join(writers)}.")
    write_whole(path, writers[path.suffix.lower()]())


def _npy(flags: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, flags, allow_pickle=False)
    return buffer.getvalue()


def _parse(suffix: str, content: bytes, count: int) -> list[Any]:
    if suffix == ".pkl":
        return truth_values(content, count)
    if suffix == ".npy":
        return _array(content)
    if suffix in (".csv", ".txt"):
        words = content.decode("ascii").replace(",", " ").split()
        return [_WORDS[word.lower()] for word in words]
    raise ValueError(f"the ending {suffix!r}")


def _array(content: bytes) -> list[Any]:
    """The values of a ``.npy`` file of one dimension, whose header is only matched."""
    end = 10 + int.from_bytes(content[8:10], "little")
    header = _NPY_HEADER.fullmatch(content[10:end])
    if content[:8] != b"\x93NUMPY\x01\0" or header is None:
        raise ValueError("an array of something else than one row of numbers")
    dtype, count = np.dtype(header[1].decode()), int(header[2])
    if count * dtype.itemsize != len(content) - end:
        raise ValueError(f"an array of {count} values that is cut or too long")
    return np.frombuffer(content, dtype, count, end).tolist()
