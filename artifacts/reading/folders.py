"""The images below a folder, in little memory however many there are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from artifacts.errors import DetectorError, printable
from artifacts.reading.kinds import ALWAYS

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 4096


def walk(
    folder: str, suffixes: tuple[str, ...] | None = ALWAYS.suffixes
) -> Iterator[str | DetectorError]:
    """Images and those of other folders, both in the order of their names.

    Hidden ones are passed over, and links to folders are not followed.

    Args:
        folder: Where to look.
        suffixes: Endings of the files that are wanted; None = all.

    Yields:
        Paths, or why a folder can not be read.
    """
    open_folders = [_inside(folder, suffixes)]  # no recursion: folders may be deep
    while open_folders:
        found = next(open_folders[-1], None)
        if found is None:
            open_folders.pop()
        elif isinstance(found, DetectorError):
            yield found
        elif found[1]:
            open_folders.append(_inside(found[0], suffixes))
        else:
            yield found[0]


def _inside(
    folder: str, suffixes: tuple[str, ...] | None
) -> Iterator[tuple[str, bool] | DetectorError]:
    """Paths of what is in a folder, in order, and whether each is a folder."""
    folders: set[bytes] = set()
    try:
        with os.scandir(folder) as entries:
            names = _sorted(_names(entries, folders, suffixes))
    except OSError as reason:
        yield DetectorError(f"{printable(folder)}: {reason.strerror}.")
        return
    for name in names:
        path = os.path.join(folder, os.fsdecode(name))  # noqa: PTH118 - as given
        yield path, name in folders


def _names(
    entries: Iterable[os.DirEntry[str]],
    folders: set[bytes],
    suffixes: tuple[str, ...] | None,
) -> Iterator[bytes]:
    """Names of folders and images; those of folders are put into ``folders`` too."""
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            folders.add(os.fsencode(entry.name))
        elif not _is_wanted(entry, suffixes):
            continue
        yield os.fsencode(entry.name)


def _is_wanted(entry: os.DirEntry[str], suffixes: tuple[str, ...] | None) -> bool:
    named = suffixes is None or entry.name.lower().endswith(suffixes)
    try:
        return named and not entry.is_dir()
    except OSError:  # a link that leads to itself; whoever opens it says so
        return named


def _sorted(names: Iterator[bytes]) -> np.ndarray:
    """Byte strings in order, in an array, which takes a tenth of a list's memory."""
    import numpy as np

    blocks = [np.empty(0, "S1")]
    while block := list(islice(names, _BLOCK)):
        blocks.append(np.array(block))
    found = np.concatenate(blocks)
    found.sort()
    return found
