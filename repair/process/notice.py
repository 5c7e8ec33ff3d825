"""What was understood without being asked, and how far the work is: a line on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from artifacts import streams
from artifacts.errors import printable

_kept: list[list[str]] = []


def say(text: str) -> None:
    """Writes one line."""
    if _kept:
        _kept[-1].append(text)
        return
    streams.say(f"{printable(text)}\n")


def begin(text: str) -> None:
    """Says on a terminal what takes a while from now on; nothing elsewhere."""
    if sys.stderr.isatty():
        say(text)


@contextmanager
def said_if_all_is_well() -> Iterator[None]:
    """Keeps lines until the end, and drops them if there is an error to say instead."""
    _kept.append([])
    try:
        yield
    except BaseException:
        _kept.pop()
        raise
    for text in _kept.pop():
        say(text)
