"""What was read: the SHA-256 of a file, or of all files in a folder and their names.

A file may be exchanged while it is read, and put back behind that: its content is then the
same before and after. But whoever moves a file or writes to it sets its time of change, which
nobody can set back.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from artifacts.card import sha256
from artifacts.reading.folders import walk

_LINKS = 40  # the kernel follows no more


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


@dataclass(frozen=True)
class Moment:
    """How files were at a moment.

    Attributes:
        held: Which files these are, and when each was last moved or written to.
        above: By the path of each folder above them, and of each link on the way: device
            and number, when its content changed (0 for a link), and when it did itself.
    """

    held: frozenset[tuple[object, ...]]
    above: Mapping[Path, tuple[tuple[int, int], int, int]]

    def lasts(self, now: Moment) -> bool:
        """Whether all is as it was.

        A folder above may have got new files, as it does where an artifact is built beside
        its inputs. If its content is as before and yet the folder was changed, then it was
        moved.
        """
        if self.held != now.held or self.above.keys() != now.above.keys():
            return False
        pairs = ((was, now.above[place]) for place, was in self.above.items())
        return all(
            was[0] == is_[0] and (was[1] != is_[1] or was[2] == is_[2])
            for was, is_ in pairs
        )


def moment(path: Path) -> Moment:
    """Of the path itself, of what it links to, of all in a folder, of the folders above."""
    every = [path]
    if path.is_dir():
        for parent, folders, files in os.walk(path):
            every += (Path(parent, name) for name in (*folders, *files))
    held: set[tuple[object, ...]] = set()
    for place in every:
        for look in (os.lstat, os.stat):
            with suppress(OSError):  # a link that leads nowhere
                found = look(place)
                held.add((place, look, found.st_dev, found.st_ino, found.st_ctime_ns))
    above = {}
    for place in _on_the_way(path):
        with suppress(OSError):
            found = place.lstat()
            filled = found.st_mtime_ns if stat.S_ISDIR(found.st_mode) else 0
            number = (found.st_dev, found.st_ino)
            above[place] = (number, filled, found.st_ctime_ns)
    return Moment(frozenset(held), above)


def _on_the_way(path: Path) -> set[Path]:
    """The folders and links through which a path leads."""
    seen: set[Path] = set()
    waiting, links = [path.absolute()], 0
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        waiting += place.parents
        if links < _LINKS and place.is_symlink():
            waiting.append(place.parent / place.readlink())
            links += 1
    return seen - {path.absolute()}
