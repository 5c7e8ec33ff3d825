"""The SHA-256 of what was read: of a file, or of all files in a folder and their names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from artifacts.card import sha256
from artifacts.reading.folders import walk


def digest(path: Path) -> str:
    """In hexadecimal; of a folder, that of a list of names and digests.

    Raises:
        OSError: If a file can not be read.
    """
    if not path.is_dir():
        return sha256(path)
    every = hashlib.sha256()
    for found in walk(str(path), None):
        if isinstance(found, str):
            name = Path(found).relative_to(path).as_posix()
            every.update(f"{digest(Path(found))}  {name}\n".encode(errors="replace"))
    return every.hexdigest()
