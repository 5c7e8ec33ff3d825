"""A file that appears whole or not at all: an older one stays if writing fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yields a place beside ``path`` and, if all goes well, moves what is there to it.

    Args:
        path: Where the finished file goes; the other place has the same ending.
    """
    unfinished = path.with_name(f".{path.stem}.building{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file in one step."""
    with new_file(path) as unfinished:
        unfinished.write_bytes(content)
