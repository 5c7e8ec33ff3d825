"""Texts of any length lie in heaps of an HDF5 file; a broken one can hang the HDF5 library.

It walks from entry to entry by their sizes, and never ends at one that leads nowhere.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_FILE = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01\0\0\0"
_ENTRY = struct.Struct("<HHIQ")  # number, uses, nothing, size
_ROOM = 1 << 30


def heaps_are_sound(path: Path) -> bool:
    """Whether every walk through a heap of an HDF5 file comes to its end.

    Files with other than 8 bytes a size, or that do not begin with HDF5's own mark, are
    taken for unsound; nobody writes such networks.
    """
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as all_,
    ):
        if all_[:8] != _FILE or all_[10 if all_[8] > 1 else 14] != 8:
            return False
        place = all_.find(_HEAP)
        while place >= 0:
            if not _is_sound(all_, place):
                return False
            place = all_.find(_HEAP, place + 1)
    return True


def _is_sound(content: mmap.mmap, place: int) -> bool:
    start = place + 16
    size = int.from_bytes(content[place + 8 : start], "little")
    end, place = place + size, start
    if size > _ROOM or end > len(content):
        return False
    while place + _ENTRY.size <= end:
        number, _, _, held = _ENTRY.unpack_from(content, place)
        # The size of what is free counts its own beginning, that of others does not.
        step = held if number == 0 else _ENTRY.size + -(-held // 8) * 8
        if not _ENTRY.size <= step <= end - place:
            return False
        place += step
    return True
