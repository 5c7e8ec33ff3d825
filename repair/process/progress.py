"""A progress bar with the time left, one line on stderr.

Within ``stages.in_stages`` it says the time left of all stages, too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from artifacts.streams import check_interrupted, say
from repair.process.stages import left_of_all

T = TypeVar("T")
_WIDTH = 12
_COLUMNS = 78
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
    say(f"\r{seconds:<{_COLUMNS}}\n" if interactive else f"{seconds}\n")


def finding_preprocessing(ways: list[T]) -> Iterator[T]:
    """The bar while it is found what a network was trained on."""
    return progress(ways, label="preprocessing")


def _line(label: str, done: int, total: int, seconds: float) -> str:
    share = done / max(total, 1)
    left = f"{seconds / done * (total - done):.0f} s left"
    of_all = left_of_all(label, share)
    if of_all is not None:
        left += f" ({_about(of_all)} in all)"
    bar = ("#" * round(_WIDTH * share)).ljust(_WIDTH, ".")
    return f"{label}: [{bar}] {done}/{total}, {left}".ljust(_COLUMNS)


def _about(seconds: float) -> str:
    """A rough time: it stands on what stages usually take."""
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes > 1 else f"{max(10, round(seconds, -1)):.0f} s"
