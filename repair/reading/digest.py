"""What was read: the SHA-256 of a file, or of all files in a folder and their names.

A file may be exchanged while it is read, and put back behind that: its content is then the
same before and after. But whoever moves a file or writes to it sets its time of change, which
nobody can set back.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
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


def digest_of(paths: list[Path]) -> str:
    """The digest of one path; of several, that of a list of their names and digests.

    Raises:
        OSError: If a file can not be read.
    """
    if len(paths) == 1:
        return digest(paths[0])
    every = "".join(f"{digest(path)}  {path.name}\n" for path in paths)
    return hashlib.sha256(every.encode(errors="replace")).hexdigest()


def moment(path: Path) -> frozenset[tuple[object, ...]]:
    """Which files these are, and when each was last moved or written to.

    Of the path itself, of what it links to, and of all that is in a folder; not of the
    folders above.
    """
    every = [path]
    if path.is_dir():
        for parent, folders, files in os.walk(path):
            every += (Path(parent, name) for name in (*folders, *files))
    seen: set[tuple[object, ...]] = set()
    for place in every:
        for look in (os.lstat, os.stat):
            with suppress(OSError):  # a link that leads nowhere
                found = look(place)
                seen.add((place, look, found.st_dev, found.st_ino, found.st_ctime_ns))
    return frozenset(seen)
