"""Reads CSV files of pixels, one image a line, without holding them whole.

So are digits, signs and faces passed on: ``label,pixel0,pixel1,...``, the same without
names, or ``emotion,pixels`` with all pixels of an image in one text.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from repair.errors import DatasetError
from repair.reading.keys import PIXELS
from repair.reading.numpy_files import Opened, Stored
from repair.reading.tables.columns import Columns, columns_of, square, with_labels
from repair.reading.tables.lines import lines_of, plain_field, text_of
from repair.reading.tables.rows import Pixels, labels_of, rows_of

_MAX_COLUMNS = 1 << 20
_MAX_ROWS = 1 << 21
_LABELS = {"first": 0, "last": -1}


@dataclass
class _Seen:
    """What all lines of a table are: how many, and what its outer columns have."""

    rows: int
    varied: dict[int, bool]


@contextmanager
def open_table(path: Path, asked: Collection[str]) -> Iterator[Opened]:
    """A table's pixels ``(n, pixels)`` and its other columns, each by name.

    Args:
        path: The file, a text.
        asked: Names that the user gives: where no column has one, ``first`` or ``last``
            is that of the labels.

    Raises:
        DatasetError: If it is no table of pixels, too large, or not clear.
    """
    first = next(lines_of(path), b"")
    if first.count(b",") >= _MAX_COLUMNS:
        raise DatasetError(
            f"{path}: expected at most {_MAX_COLUMNS:,} columns. Received: more."
        )
    fields = text_of(first, path).split(",")
    columns = columns_of(fields, path)
    if columns is None:
        raise DatasetError(
            f"{path}: is a text. Expected a folder with one folder a class, .npz, .npy, HDF5, "
            "or a table of pixels, one image a line: label,pixel0,pixel1,..."
        )
    seen = _seen(path, len(fields), columns)
    if columns.open:
        columns = with_labels(columns, _place_of_labels(path, columns, seen, asked))
    count = len(columns.pixels)
    if columns.in_one:
        place = columns.pixels[0]
        text = text_of(next(rows_of(path, columns)), path).split(",")[place]
        count = len(plain_field(text).split())
    shapes: dict[str, tuple[int, ...]] = {PIXELS: (seen.rows, count)}
    shapes |= dict.fromkeys(columns.others, (seen.rows,))

    def get(name: str) -> Stored:
        if name == PIXELS:
            rows = Pixels(path, columns, (seen.rows, count)).rows
            return Stored(shapes[PIXELS], np.dtype(np.float32), rows)
        labels = labels_of(path, columns, columns.others[name], seen.rows)
        return Stored(
            labels.shape, labels.dtype, lambda start, stop: labels[start:stop]
        )

    yield shapes, get


def as_images(
    where: str, stored: Stored, wanted: tuple[int, int, int], axes: str | None
) -> Stored:
    """Rows of pixels as images: of the wanted size, if they have as many, or squares.

    Args:
        where: What errors begin with.
        stored: ``(n, pixels)``.
        wanted: Rows, columns and channels that a network takes.
        axes: Whether channels come ``first`` or ``last``, None where the user does not say.

    Raises:
        DatasetError: If they are no images of such a size, or the order is not clear.
    """
    count, pixels = stored.shape
    shape = wanted if math.prod(wanted) == pixels else square(pixels)
    if shape is None:
        raise DatasetError(
            f"{where}: expected {math.prod(wanted):,} pixels an image, {wanted}. Received: "
            f"{pixels:,} a row. Leave out what is no pixel."
        )
    if shape[2] > 1 and axes is None:
        raise DatasetError(
            f"{where}: the {shape[2]} numbers of a pixel may stand together, or far apart: "
            "all of one colour first. Received: no word of it. Say so: --axes last or --axes "
            "first"
        )
    if axes == "first":
        shape = (shape[2], *shape[:2])
    return Stored(
        (count, *shape),
        stored.dtype,
        lambda start, stop: stored.rows(start, stop).reshape(-1, *shape),
    )


def _seen(path: Path, width: int, columns: Columns) -> _Seen:
    """Counts the rows, each of which has as many columns as the first.

    Raises:
        DatasetError: If one has not, or there are too many or none.
    """
    rows, varied = 0, {0: False, -1: False}
    before: tuple[bytes, bytes] | None = None
    for line in rows_of(path, columns):
        rows += 1
        if (found := line.count(b",") + 1) != width or rows > _MAX_ROWS:
            raise DatasetError(
                f"{path}: expected {width:,} columns in each of at most {_MAX_ROWS:,} rows. "
                f"Received: {found:,} in row {rows:,}."
            )
        if columns.open:
            outer = line.partition(b",")[0], line.rpartition(b",")[2]
            if before is not None:
                varied[0] |= outer[0] != before[0]
                varied[-1] |= outer[1] != before[1]
            before = outer
    if not rows:
        raise DatasetError(f"{path}: expected images below the names of its columns.")
    return _Seen(rows, varied)


def _place_of_labels(
    path: Path, columns: Columns, seen: _Seen, asked: Collection[str]
) -> int | None:
    """Which column of a table without names has the labels, None if none has."""
    if told := [place for name, place in _LABELS.items() if name in asked]:
        return told[0]
    count = len(columns.pixels)
    if square(count) is not None and square(count - 1) is None:
        return None
    if seen.varied[0] != seen.varied[-1]:
        return 0 if seen.varied[0] else -1
    raise DatasetError(
        f"{path}: expected the labels in the first or the last column. Received: {count:,} "
        "columns without names, of which both may be labels. Say so: --keys labels=first or "
        "--keys labels=last"
    )
