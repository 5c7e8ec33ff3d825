"""Files that match a pattern; ``**`` stands for folders, but never leads through a link.

Python's own ``glob`` follows links to folders below ``**``: two links to the folder that
they lie in are enough for it to go on for minutes.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterator

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
    if not glob.has_magic(first):
        return iter(dict.fromkeys(_matching(f"{first}/" if parts else first, parts)))
    return iter(dict.fromkeys(_matching("", [first, *parts])))


def _matching(folder: str, parts: list[str]) -> Iterator[str]:
    if not parts:
        if os.path.lexists(folder):
            yield folder
        return
    first, *rest = parts
    if first == _ANY_DEPTH:
        for below in _with_folders_below(folder):
            yield from _matching(below, rest or ["*"])
    elif not glob.has_magic(first):
        yield from _matching(_joined(folder, first), rest)
    else:
        for name in fnmatch.filter(_names(folder), first):
            if first.startswith(".") or not name.startswith("."):
                yield from _matching(_joined(folder, name), rest)


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


def _joined(folder: str, name: str) -> str:
    return os.path.join(folder, name)  # noqa: PTH118 - as given
