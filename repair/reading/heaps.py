"""Names and texts lie in heaps of an HDF5 file; a broken one can hang the HDF5 library.

A global heap, for texts of any length, is walked from entry to entry by their sizes, and
a local heap, for names, from one free place to the next. The library follows an entry
that leads nowhere, or a free place that leads back, until the memory is full.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

_FILE = b"\x89HDF\r\n\x1a\n"
_WORD = 8
_GLOBAL = b"GCOL\x01\0\0\0"
_ENTRY = struct.Struct("<HHIQ")  # number, uses, nothing, size
_ROOM = 1 << 30
_LOCAL = b"HEAP\0"
_HEAD = struct.Struct("<8xQQQ")  # size, first free place, address
_NO_MORE = 1
_MOST_FREE = 4096


def heaps_are_sound(path: Path) -> bool:
    """Whether every walk through a heap of an HDF5 file comes to its end.

    True for a file that is not HDF5; False for one with other than 8 bytes an address or
    size, which nobody writes.
    """
    with path.open("rb") as file:
        if not file.read(1):
            return True
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as all_:
            base = _base(all_)
            if base is None:
                return True
            begin = all_[base : base + 15]
            widths = begin[9:11] if begin[8:9] > b"\1" else begin[13:15]
            return (
                widths == bytes((_WORD, _WORD))
                and all(_global_ends(all_, place) for place in _places(all_, _GLOBAL))
                and all(_local_ends(all_, x, base) for x in _places(all_, _LOCAL))
            )


def _base(content: mmap.mmap) -> int | None:
    """Where HDF5 begins: at 0, or behind somebody's own 512, 1024, ... bytes."""
    place = 0
    while place < len(content):
        if content[place : place + len(_FILE)] == _FILE:
            return place
        place = 2 * place or 512
    return None


def _places(content: mmap.mmap, mark: bytes) -> Iterator[int]:
    place = content.find(mark)
    while place >= 0:
        yield place
        place = content.find(mark, place + 1)


def _global_ends(content: mmap.mmap, place: int) -> bool:
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


def _local_ends(content: mmap.mmap, place: int, base: int) -> bool:
    if place + _HEAD.size > len(content):
        return True
    size, free, start = _HEAD.unpack_from(content, place)
    start += base
    if start + size > len(content):  # the library refuses what is not there
        return True
    for _ in range(_MOST_FREE):
        if free == _NO_MORE or free + _WORD > size:
            return True
        free = int.from_bytes(content[start + free : start + free + _WORD], "little")
    return False
