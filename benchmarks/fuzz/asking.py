"""What every target is built from: an answer, or a refusal in one clear line."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from artifacts.errors import InputError

SHAPE = (12, 10, 3)
CLASSES = 5
FLAGS = 20
_OURS = tempfile.TemporaryDirectory(prefix="fuzz-")  # gone when the process ends
FOLDER = Path(_OURS.name)
Target = Callable[[bytes], None]
ANSWERED = "read"
_heard: list[list[str]] = []  # what a target answers, while somebody listens


def refused(action: Callable[[], object]) -> None:
    """Runs ``action``; an error counts only if it is not one clear line."""
    try:
        action()
    except InputError as reason:
        check_line(reason)
    else:
        _hear(ANSWERED)


def check_line(reason: InputError) -> None:
    """An error that is no clear line is a finding."""
    line = str(reason)
    _hear(line)
    if not line.isprintable() or not 20 < len(line) < 2500:
        raise ValueError(f"no clear line: {line!r}") from reason


def answers_of(target: Target, content: bytes) -> tuple[str, ...]:
    """What a target answers, without what differs from one input to the next."""
    _heard.append([])
    try:
        target(content)
    finally:
        answers = _heard.pop()
    return tuple(_plain(line) for line in dict.fromkeys(answers))


def _hear(line: str) -> None:
    if _heard:
        _heard[-1].append(line)


def _plain(line: str) -> str:
    """Numbers, texts in quotes and places are left out."""
    line = re.sub(
        r"'[^']*'|\"[^\"]*\"|\[[^]]*\]|\([^)]*\)", "_", line.replace(str(FOLDER), "")
    )
    return re.sub(r"\d+", "#", line)[:160]


def written(name: str, content: bytes) -> Path:
    """A file of that content."""
    path = FOLDER / name
    path.write_bytes(content)
    return path
