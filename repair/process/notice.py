"""What was understood without being asked, and how far the work is: a line on stderr."""

from __future__ import annotations

import sys

from artifacts import streams
from artifacts.errors import printable


def say(text: str) -> None:
    """Writes one line."""
    streams.say(f"{printable(text)}\n")


def begin(text: str) -> None:
    """Says on a terminal what takes a while from now on; nothing elsewhere."""
    if sys.stderr.isatty():
        say(text)
