"""What every target is built from: an answer, or a refusal in one clear line."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from artifacts.errors import InputError

SHAPE = (12, 10, 3)
CLASSES = 5
FLAGS = 20
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
Target = Callable[[bytes], None]


def refused(action: Callable[[], object]) -> None:
    """Runs ``action``; an error counts only if it is not one clear line."""
    try:
        action()
    except InputError as reason:
        check_line(reason)


def check_line(reason: InputError) -> None:
    """An error that is no clear line is a finding."""
    line = str(reason)
    if not line.isprintable() or not 20 < len(line) < 2500:
        raise ValueError(f"no clear line: {line!r}") from reason


def written(name: str, content: bytes) -> Path:
    """A file of that content."""
    path = FOLDER / name
    path.write_bytes(content)
    return path
