"""A progress bar with the time left, one line on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from artifacts.streams import check_interrupted, say

T = TypeVar("T")
_WIDTH = 24
_SECONDS_BETWEEN_UPDATES = 0.1


def progress(
    iterable: Iterable[T], *, label: str, total: int | None = None
) -> Iterator[T]:
    """Yields the items of ``iterable`` while a bar on stderr shows how far it is.

    The bar is drawn on a terminal only; elsewhere one line is written at the end.

    Args:
        iterable: Anything that can be iterated over.
        label: What is being done, in a few words.
        total: Number of items; taken from ``len(iterable)`` where not given.
    """
    if total is None:
        total = len(iterable)  # type: ignore[arg-type]
    start = shown = time.monotonic()
    interactive = sys.stderr.isatty()
    done = 0
    for item in iterable:
        yield item
        check_interrupted()
        done += 1
        now = time.monotonic()
        if interactive and (now - shown >= _SECONDS_BETWEEN_UPDATES):
            shown = now
            say(f"\r{_line(label, done, total, now - start)}")
    seconds = f"{label}: {done} in {time.monotonic() - start:.1f} s"
    say(f"\r{seconds:<78}\n" if interactive else f"{seconds}\n")


def finding_preprocessing(ways: list[T]) -> Iterator[T]:
    """The bar while it is found what a network was trained on."""
    return progress(ways, label="preprocessing")


def _line(label: str, done: int, total: int, seconds: float) -> str:
    share = done / max(total, 1)
    left = seconds / done * (total - done)
    bar = ("#" * round(_WIDTH * share)).ljust(_WIDTH, ".")
    return f"{label}: [{bar}] {done}/{total}, {left:.0f} s left".ljust(78)
