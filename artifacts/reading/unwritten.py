"""Nothing that is labelled, nor the list of it, is written over by the labels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from artifacts.errors import DetectorError, printable
from artifacts.reading.kinds import Kinds
from artifacts.reading.sources import STDIN, Piece, paths
from artifacts.signed import VERIFY_KEY


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
