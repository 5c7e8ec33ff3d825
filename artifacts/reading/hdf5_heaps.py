"""Names of an HDF5 file lie in heaps; a broken one makes the HDF5 library eat the memory.

It lists a heap's free places, each of which says where the next is, and never ends if one
leads back. So the file is searched for heaps, a block at a time, before it is opened.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

_MARK = b"HEAP\0"
_HEAD = struct.Struct("<8xQQQ")  # size, first free place, address
_WORD = 8
_NO_MORE = 1
_MOST_FREE = 4096
_BLOCK = 1 << 20
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def heaps_end(path: str) -> bool:
    """Whether the free places of all heaps come to an end.

    True for a file that is not HDF5; False for one with other than 8 bytes an address or
    size, which nobody writes.

    Raises:
        OSError: If the file can not be read.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a quick start
        descriptor = file.fileno()
        base = _base(descriptor)
        if base is None:
            return True
        begin = os.pread(descriptor, 15, base)
        widths = begin[9:11] if begin[8:9] > b"\1" else begin[13:15]
        return widths == bytes((_WORD, _WORD)) and all(
            _ends(descriptor, place, base) for place in _places(descriptor)
        )


def _base(descriptor: int) -> int | None:
    """Where HDF5 begins: at 0, or behind somebody's own 512, 1024, ... bytes."""
    place, size = 0, os.fstat(descriptor).st_size
    while place < size:
        if os.pread(descriptor, len(_SIGNATURE), place) == _SIGNATURE:
            return place
        place = 2 * place or 512
    return None


def _places(descriptor: int) -> Iterator[int]:
    start, block = 0, b""
    while more := os.pread(descriptor, _BLOCK, start + len(block)):
        block += more
        found = block.find(_MARK)
        while found >= 0:
            yield start + found
            found = block.find(_MARK, found + 1)
        start += len(block) - len(_MARK) + 1  # a mark may go on in the next block
        block = block[len(block) - len(_MARK) + 1 :]


def _ends(descriptor: int, place: int, base: int) -> bool:
    head = os.pread(descriptor, _HEAD.size, place)
    if len(head) < _HEAD.size:
        return True
    size, free, start = _HEAD.unpack(head)
    if base + start + size > os.fstat(descriptor).st_size:
        return True  # the library refuses what is not there
    for _ in range(_MOST_FREE):
        if free == _NO_MORE or free + _WORD > size:
            return True
        free = int.from_bytes(
            os.pread(descriptor, _WORD, base + start + free), "little"
        )
    return False
