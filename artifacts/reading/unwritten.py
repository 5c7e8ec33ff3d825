"""Nothing that is labelled, nor the list of it, is written over by the labels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from artifacts.errors import DetectorError, printable
from artifacts.listed import check_outside
from artifacts.reading.kinds import ALL, Kinds
from artifacts.reading.sources import STDIN, Piece, paths
from artifacts.signed import VERIFY_KEY

# Endings of what is labelled: ``--output a.png b.png`` is a slip, and a.png would be lost.
_OF_INPUTS = (
    *Kinds(ALL).suffixes,
    *(".gif", ".h5", ".hdf5", ".keras", ".npy", ".npz", ".zip"),
)
_HOPS = 40  # as Linux follows


def check_place(place: Path) -> None:
    """Makes sure that a place can be given a file without harm.

    Raises:
        DetectorError: If it has the name of an input, lies in an artifact, or is anything
            but a file or a new name.
    """
    shown, real = printable(str(place)), Path(os.path.realpath(place))
    if real.name.lower().endswith(_OF_INPUTS):
        raise DetectorError(
            f"{shown}: expected a file for lines of text. Received: the name of an "
            "image or data file, which it would replace. Give --output another one."
        )
    check_outside(real)
    if _is_stream(place):
        raise DetectorError(
            f"{shown}: expected a file or nothing. Received: an open stream. Leave --output "
            "out to write to stdout."
        )
    if os.path.lexists(real) and not real.is_file():
        raise DetectorError(
            f"{shown}: expected a file or nothing. Received: something else."
        )


def check_unread(place: Path, arguments: list[str], kinds: Kinds) -> None:
    """Makes sure that a place is none of the files that the arguments stand for.

    What the lines of stdin stand for is known only as they come: see ``unwritten``.

    Args:
        place: Where labels go.
        arguments: Paths, patterns, or ``-``.
        kinds: Formats of image files that are read.

    Raises:
        DetectorError: If it is one of them, the list that stdin is, or the key.
    """
    known = _file(place)
    if known is None:
        return
    read: list[str | int] = [0] if STDIN in arguments else []
    read += [key] if (key := os.environ.get(VERIFY_KEY)) else []
    if any(_is(known, each) for each in read):
        raise _is_read(place)
    for path in paths((each for each in arguments if each != STDIN), kinds):
        if isinstance(path, str) and _is(known, path):
            raise _is_read(place)


def unwritten(
    found: Iterable[Piece | DetectorError], place: Path
) -> Iterator[Piece | DetectorError]:
    """The same pieces, as long as none of them is the file at ``place``.

    Raises:
        DetectorError: If one is.
    """
    known = _file(place)
    for piece in found:
        if known is not None and isinstance(piece, Piece) and _is(known, piece.path):
            raise _is_read(place)
        yield piece


def _is_stream(place: Path) -> bool:
    """Whether it names what a process has open, as /dev/stdout: a log may be behind it."""
    for _ in range(_HOPS):
        place = Path(os.path.realpath(place.parent), place.name)
        if place.is_relative_to("/proc"):
            return True
        if not os.path.islink(place):  # noqa: PTH114 - may be impossible
            break
        place = place.parent / place.readlink()
    return False


def _file(place: Path) -> os.stat_result | None:
    with suppress(OSError, ValueError):  # not there, or an impossible name
        return place.stat()
    return None


def _is(known: os.stat_result, read: str | int) -> bool:
    with suppress(OSError, ValueError):
        return os.path.samestat(known, os.stat(read))  # noqa: PTH116
    return False


def _is_read(place: Path) -> DetectorError:
    return DetectorError(
        f"{printable(str(place))}: expected another place to write to. Received: what is "
        "read."
    )
