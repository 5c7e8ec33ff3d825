"""The rows of a table: pixels by blocks, labels all together."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from artifacts.errors import one_line
from repair.errors import DatasetError
from repair.reading.tables.columns import Columns
from repair.reading.tables.lines import lines_of, plain_field, text_of

_MAX_LABEL = 200  # bytes
_ROW = re.compile(r" at row (\d+)")


def rows_of(path: Path, columns: Columns) -> Iterator[bytes]:
    """The lines of a table below its header."""
    return islice(lines_of(path), int(columns.header), None)


class Pixels:
    """Reads the pixels ``(n, pixels)`` of a table; in order, each line once."""

    def __init__(self, path: Path, columns: Columns, shape: tuple[int, int]) -> None:
        """Nothing is read yet."""
        self._path, self._columns, self._shape = path, columns, shape
        self._at, self._lines = 0, rows_of(path, columns)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Rows ``start:stop``, uint8 if all are such, else float32.

        Raises:
            DatasetError: If they are no numbers, or not as many as there were.
        """
        stop = min(stop, self._shape[0])
        if start != self._at:
            self._lines = islice(rows_of(self._path, self._columns), start, None)
        self._at = stop
        lines = [text_of(x, self._path) for x in islice(self._lines, stop - start)]
        if self._columns.in_one:
            place = self._columns.pixels[0]
            lines = [plain_field(line.split(",")[place]) for line in lines]
        found = self._parsed(lines, start)
        if found.shape != (stop - start, self._shape[1]):
            raise DatasetError(
                f"{self._path}: expected {self._shape[1]:,} numbers in each of "
                f"{stop - start:,} rows from image {start:,} on. Received: {found.shape}."
            )
        return found

    def _parsed(self, lines: list[str], start: int) -> np.ndarray:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # of numbers that are cut to whole ones
                return self._numbers(lines, np.uint8)
        except (ValueError, Warning):
            pass
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self._numbers(lines, np.float32)
        except ValueError as reason:
            found = _ROW.search(str(reason)[-80:])
            where = f" for image {start + int(found[1]):,}" if found else ""
            said = one_line(str(reason).partition(" at row ")[0][:200])
            raise DatasetError(
                f"{self._path}: expected plain numbers as pixels. Received{where}: {said}"
            ) from reason

    def _numbers(self, lines: list[str], kind: type) -> np.ndarray:
        one = self._columns.in_one
        return np.loadtxt(
            lines,
            kind,
            comments=None,
            delimiter=None if one else ",",
            quotechar=None if one else '"',
            usecols=None if one else self._columns.pixels,
            ndmin=2,
        )


def labels_of(path: Path, columns: Columns, place: int, count: int) -> np.ndarray:
    """What a column says ``(count,)``: numbers, or texts.

    Raises:
        DatasetError: If it is too long, or there are not as many rows as there were.
    """
    try:
        texts = np.fromiter(
            _texts(path, columns, place), np.dtype(f"S{_MAX_LABEL}"), count
        )
        whole = bool(np.char.isdigit(texts).all())
    except ValueError as reason:
        raise DatasetError(
            f"{path}: changed while it was read. Received: {one_line(reason)}"
        ) from reason
    try:
        return texts if whole else texts.astype(np.float64)
    except ValueError:  # names
        return texts


def _texts(path: Path, columns: Columns, place: int) -> Iterator[bytes]:
    for row, line in enumerate(rows_of(path, columns)):
        fields = line.rsplit(b",", 1) if place < 0 else line.split(b",", place + 1)
        text = fields[place].strip().strip(b'"').strip()
        if len(text) > _MAX_LABEL:
            raise DatasetError(
                f"{path}: expected labels of at most {_MAX_LABEL} bytes. Received: "
                f"{len(text):,} for image {row:,}."
            )
        yield text
