"""Files that match a pattern; ``**`` stands for folders, but never leads through a link.

Python's own ``glob`` follows links to folders below ``**``: two links to the folder that
they lie in are enough for it to go on for minutes.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterator
from itertools import takewhile

_ANY_DEPTH = "**"


def is_pattern(argument: str) -> bool:
    """Whether an argument stands for files that match, and not for a file of that name."""
    return glob.has_magic(argument) and not os.path.lexists(argument)


def matches(pattern: str) -> Iterator[str]:
    """Files and folders that match, each once, in no order; hidden ones only if asked for.

    Args:
        pattern: With ``*``, ``?``, ``[...]``; a part ``**`` stands for any folders below.
    """
    first, *parts = pattern.split("/")
    start = ""
    if glob.has_magic(first):
        parts = [first, *parts]
    else:
        start = f"{first}/" if parts else first
    if parts and parts[-1] == _ANY_DEPTH:
        parts.append("*")
    # No recursion: a pattern may have thousands of parts.
    waiting, seen = [iter([(start, 0)])], set()
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
        elif found not in seen:
            seen.add(found)
            folder, matched = found
            if matched < len(parts):
                waiting.append(_further(folder, parts, matched))
            elif os.path.lexists(folder):
                yield folder


def _further(folder: str, parts: list[str], matched: int) -> Iterator[tuple[str, int]]:
    """What the next parts lead to from a folder, and how many are matched by then."""
    part = parts[matched]
    if part == _ANY_DEPTH:
        for below in _with_folders_below(folder):
            yield below, matched + 1
    elif glob.has_magic(part):
        for name in fnmatch.filter(_names(folder), part):
            if part.startswith(".") or not name.startswith("."):
                yield _joined(folder, name), matched + 1
    else:
        plain = list(takewhile(lambda each: not glob.has_magic(each), parts[matched:]))
        yield _joined(folder, *plain), matched + len(plain)


def _with_folders_below(folder: str) -> Iterator[str]:
    """The folder, and all below it that are neither hidden nor reached through a link."""
    waiting = [folder]
    while waiting:
        yield (folder := waiting.pop())
        for name in _names(folder):
            path = _joined(folder, name)
            if not name.startswith(".") and _is_folder(path):
                waiting.append(path)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder or os.curdir)  # noqa: PTH208 - names as given
    except OSError:
        return []


def _joined(folder: str, *names: str) -> str:
    return os.path.join(folder, *names)  # noqa: PTH118 - as given
