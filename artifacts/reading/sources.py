"""What to score: files, folders, patterns, a list on stdin and HDF5 files, lazily."""

from __future__ import annotations

import os
import sys
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from artifacts.errors import DetectorError, printable
from artifacts.reading import hdf5_images
from artifacts.reading.folders import walk
from artifacts.reading.kinds import ALWAYS, Kinds
from artifacts.reading.patterns import is_pattern, matches

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Piece:
    """Inputs that are decoded at once.

    Attributes:
        path: An image file, or an HDF5 file.
        chosen: Indices of images in the HDF5 file; None for an image file.
    """

    path: str
    chosen: range | None = None

    def sources(self) -> Iterator[Source]:
        """The single images, in order."""
        if self.chosen is None:
            yield Source(self.path)
        else:
            yield from (Source(self.path, index) for index in self.chosen)

    def after(self, count: int) -> Piece:
        """All but the first ``count`` images of an HDF5 file."""
        return Piece(self.path, (self.chosen or range(0))[count:])

    def __len__(self) -> int:
        """Number of images."""
        return 1 if self.chosen is None else len(self.chosen)


@dataclass(frozen=True, slots=True)
class Source:
    """One image: a file, or the image at ``index`` of an HDF5 file."""

    path: str
    index: int | None = None

    def piece(self) -> Piece:
        """This image to decode, alone."""
        return Piece(self.path, None if self.index is None else _one(self.index))


def _one(index: int) -> range:
    return range(index, index + 1)


def is_hdf5(path: str) -> bool:
    """Whether a file is taken for HDF5, by its name."""
    return path.lower().endswith((".h5", ".hdf5"))


def is_many(argument: str) -> bool:
    """Whether an argument may stand for other than one image file."""
    return (
        not argument
        or argument == STDIN
        or is_hdf5(argument)
        or os.path.isdir(argument)  # noqa: PTH112 - an impossible name is no error
        or is_pattern(argument)
    )


def pieces(
    arguments: Iterable[str],
    size: tuple[int, ...],
    kinds: Kinds = ALWAYS,
    passed: Counter[str] | None = None,
) -> Iterator[Piece | DetectorError]:
    """Everything that the arguments stand for, in their order, duplicates as given.

    Args:
        arguments: Paths, patterns, or ``-``.
        size: Rows, columns and channels that images of an HDF5 file must have.
        kinds: Formats of image files that are read.
        passed: Counts endings of pictures in folders that are not read.

    Yields:
        What to decode, or why an argument is nothing to decode.
    """
    for path in paths(arguments, kinds, passed):
        if isinstance(path, DetectorError):
            yield path
        else:
            yield from of_file(path, size)


def paths(
    arguments: Iterable[str],
    kinds: Kinds = ALWAYS,
    passed: Counter[str] | None = None,
) -> Iterator[str | DetectorError]:
    """The files that the arguments stand for; none is opened.

    A folder is searched for image files and other folders, both in the order of
    their names; hidden ones are passed over. A pattern stands for the files that match
    it, in order. A line of stdin is a path; a byte order mark before the first is none.

    Args:
        arguments: Paths, patterns, or ``-``.
        kinds: Formats of image files that are read.
        passed: Counts endings of pictures in folders that are not read.

    Yields:
        Paths of image and HDF5 files, or why an argument stands for none.
    """
    passed = Counter() if passed is None else passed
    for argument in arguments:
        if not argument:
            yield DetectorError(
                "INPUT: expected a file, a folder or a pattern. Received: an empty argument. "
                "Is a variable of the shell not set?"
            )
        elif argument == STDIN:
            yield from _listed(kinds, passed)
        elif is_pattern(argument):
            found = sorted(filter(os.path.isfile, matches(argument)))
            yield from found
            if not found:
                yield DetectorError(
                    f"{printable(argument)}: expected files that match. Received: none."
                )
        else:
            yield from _of_path(argument, kinds, passed)


def of_file(path: str, size: tuple[int, ...]) -> Iterator[Piece | DetectorError]:
    """An image file, or the runs of an HDF5 file, or why it is nothing to decode."""
    if not is_hdf5(path):
        yield Piece(path)
        return
    try:
        yield from (Piece(path, chosen) for chosen in hdf5_images.slices(path, size))
    except DetectorError as reason:
        yield reason


def _listed(kinds: Kinds, passed: Counter[str]) -> Iterator[str | DetectorError]:
    """What the lines of stdin stand for."""
    try:
        for number, line in enumerate(sys.stdin.buffer):
            line = line.removeprefix(BOM_UTF8) if number == 0 else line
            if path := os.fsdecode(line.rstrip(b"\r\n")):
                yield from _of_path(path, kinds, passed)
    except (OSError, ValueError) as reason:  # closed, or a folder
        yield DetectorError(f"-: expected a list of paths. Received: {reason}.")


def _of_path(
    path: str, kinds: Kinds, passed: Counter[str]
) -> Iterator[str | DetectorError]:
    if not os.path.isdir(path):  # noqa: PTH112
        yield path
        return
    nothing, others = True, Counter[str]()
    for found in walk(path, kinds.suffixes + kinds.unread):
        if isinstance(found, str) and not found.lower().endswith(kinds.suffixes):
            others[os.path.splitext(found)[1].lower()] += 1  # noqa: PTH122
            continue
        nothing = False
        yield found
    if nothing:
        other = next((x for x in walk(path, None) if isinstance(x, str)), "")
        hint = kinds.hint(os.path.splitext(other)[1])  # noqa: PTH122
        but = f", but {printable(other)}.{hint}" if hint else "."
        yield DetectorError(
            f"{printable(path)}: expected {kinds} files. Received: none{but}"
        )
    else:
        passed.update(others)
