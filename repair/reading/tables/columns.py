"""Which columns of a table are pixels, and which may be labels, by its first line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path

from artifacts.errors import printable
from repair.errors import DatasetError
from repair.reading.keys import PIXELS
from repair.reading.tables.lines import plain_field

_LEAST_PIXELS = 4
_MAX_OTHERS = 100  # columns that are no pixels
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are.

    Attributes:
        header: Whether the first line names them.
        pixels: Places of the pixels.
        others: Places of the other columns, by name: perhaps labels.
        open: Whether no column has a name, so that the first or the last may be labels.
        in_one: Whether all pixels are in one column, with blanks between.
    """

    header: bool
    pixels: Sequence[int]
    others: dict[str, int] = field(default_factory=dict)
    open: bool = False
    in_one: bool = False


def columns_of(fields: Sequence[str], path: Path) -> Columns | None:
    """What columns a table has, None if it is none of pixels.

    Args:
        fields: Its first line.
        path: What errors begin with.

    Raises:
        DatasetError: If it is one, but in an order that is not clear.
    """
    names = [plain_field(each) for each in fields]
    count = len(names)
    texts = [place for place, name in enumerate(names) if not _NUMBER.fullmatch(name)]
    numbers = [name for name in names if _NUMBER.fullmatch(name)]
    counted = any(
        numbers == [str(x + first) for x in range(len(numbers))] for first in (0, 1)
    )
    if len(numbers) > _LEAST_PIXELS and not texts:
        return Columns(counted, range(count), open=True)
    if len(numbers) >= _LEAST_PIXELS and texts in ([0], [count - 1]) and not counted:
        place = texts[0]
        pixels = range(1, count) if place == 0 else range(count - 1)
        return Columns(False, pixels, {_named(place): place})
    if [name.lower() for name in names].count(PIXELS) == 1:
        place = [name.lower() for name in names].index(PIXELS)
        return Columns(True, [place], _others(names, [place], path), in_one=True)
    return _of_one_family(names, path)


def square(count: int) -> tuple[int, int, int] | None:
    """Rows, columns and channels of a square of so many numbers, None if there is none."""
    for channels in (1, 3):
        side = isqrt(count // channels)
        if 0 < side * side * channels == count:
            return side, side, channels
    return None


def with_labels(columns: Columns, place: int | None) -> Columns:
    """The same of a table without names, the column at a place called labels."""
    if place is None:
        return columns
    pixels = range(1, len(columns.pixels)) if place == 0 else columns.pixels[:-1]
    return Columns(columns.header, pixels, {_named(place): place})


def _named(place: int) -> str:
    return "first" if place == 0 else "last"


def _of_one_family(names: list[str], path: Path) -> Columns | None:
    """The columns called alike, such as pixel0, pixel1 or 1x1, 1x2."""
    stems = [_DIGITS.sub("#", name.lower()) for name in names]
    stem, count = Counter(stems).most_common(1)[0]
    if "#" not in stem or count < _LEAST_PIXELS:
        return None
    pixels = [place for place, each in enumerate(stems) if each == stem]
    numbers = [tuple(map(int, _DIGITS.findall(names[place]))) for place in pixels]
    for before, after in zip(range(count), range(1, count), strict=False):
        if numbers[before] >= numbers[after]:
            first, second = (names[pixels[x]] for x in (before, after))
            raise DatasetError(
                f"{path}: expected pixels in the order of their numbers. Received: column "
                f"{printable(first[:40])!r} before {printable(second[:40])!r}. Write the "
                "columns in order."
            )
    return Columns(True, pixels, _others(names, pixels, path))


def _others(names: list[str], pixels: list[int], path: Path) -> dict[str, int]:
    places = sorted(set(range(len(names))) - set(pixels))
    if len(places) > _MAX_OTHERS:
        shown = ", ".join(repr(printable(names[x][:40])) for x in places[:3])
        raise DatasetError(
            f"{path}: expected columns of labels and of pixels, called alike, such as pixel0, "
            f"pixel1. Received: {len(places):,} of other names, such as {shown}. Rename "
            "them, or leave them out."
        )
    others = {names[place]: place for place in places}
    if len(others) < len(places) or PIXELS in others:
        raise DatasetError(
            f"{path}: expected columns of different names. Received: one name twice. Rename "
            "one."
        )
    return others
