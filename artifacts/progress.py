"""How far it is, in one line on a terminal; error lines pass above it."""

from __future__ import annotations

import time

from artifacts.streams import say

_WIDTH = 24
_SECONDS_BETWEEN_UPDATES = 0.1


class Progress:
    """A bar on stderr; silent unless that is a terminal and ``shown`` is set.

    Args:
        total: Number of images, None if it is not known.
        shown: Whether a bar is wanted.
    """

    def __init__(self, total: int | None, *, shown: bool) -> None:
        self._total, self._shown = total, shown
        self._start = self._drawn = time.monotonic()
        self._first: int | None = None

    def at(self, done: int) -> None:
        """Draws the bar, unless it was drawn just now."""
        now = time.monotonic()
        if self._first is None:
            self._first = done
        if self._shown and now - self._drawn >= _SECONDS_BETWEEN_UPDATES:
            self._drawn = now
            rate = (done - self._first) / (now - self._start)
            say(f"\r{_line(done, self._total, rate):<78}")

    def say(self, line: str) -> None:
        """Writes a line of its own; the bar comes back with the next ``at``."""
        self.clear()
        say(f"{line}\n")

    def clear(self) -> None:
        """Takes the bar off the terminal."""
        if self._shown:
            say(f"\r{'':<78}\r")


def _line(done: int, total: int | None, rate: float) -> str:
    speed = f"{done:,} images, {rate:,.0f}/s"
    if not total:
        return speed
    bar = ("#" * round(_WIDTH * min(1, done / total))).ljust(_WIDTH, ".")
    left = max(0, total - done) / rate if rate else 0
    return f"[{bar}] {speed} of {total:,}, {left:,.0f} s left"
