"""The one error of this package, and text that is safe to print."""

from __future__ import annotations


class DetectorError(Exception):
    """An image or an artifact is missing, broken or not what was expected."""


def printable(text: str) -> str:
    """``text`` with control characters and terminal escapes replaced by ``?``."""
    return "".join(c if c.isprintable() else "?" for c in text)
