"""The errors that a user can cause and mend, and text that is safe to print.

InputError
├── DetectorError    an image or an artifact is missing, broken or not what was expected
└── RepairError      what ``repair`` and ``build`` were given; its kinds: repair/errors.py

Messages say what was found, what was expected and what to do, in one line.
"""

from __future__ import annotations


class InputError(Exception):
    """Base of all errors that a command prints as one line; exit code 2."""

    exit_code = 2


class DetectorError(InputError):
    """An image or an artifact is missing, broken or not what was expected."""


def printable(text: str) -> str:
    """``text`` on one line, control characters and terminal escapes replaced by ``?``."""
    return "".join(c if c.isprintable() else "?" for c in text)


def one_line(reason: object) -> str:
    """A message brought to one printable line of at most 200 characters."""
    return printable(" ".join(str(reason)[:1000].split()))[:200]


def out_of_memory(reason: BaseException) -> str:
    """What is said where memory was refused, and what for, if that is known."""
    what = one_line(reason)
    return f"out of memory: {what}" if what else "out of memory"
