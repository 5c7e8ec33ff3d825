"""Names and texts lie in heaps of an HDF5 file; a broken one can hang the HDF5 library.

A local heap, for names, is walked from one free place to the next, and a global heap, for
texts of any length, from entry to entry by their sizes. The library follows a free place
that leads back, or an entry that leads nowhere, until the memory is full. So the file is
searched for heaps, a block at a time, before it is opened.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_LOCAL, _GLOBAL = b"HEAP\0", b"GCOL\x01\0\0\0"
_BLOCK = 1 << 20
_WORD = 8
_LOCAL_HEAD = struct.Struct("<8xQQQ")  # size, first free place, address
_GLOBAL_HEAD = struct.Struct("<8xQ")  # size
_ENTRY = struct.Struct("<HHIQ")  # number, uses, nothing, size
_NO_MORE = 1
_MOST_FREE = 4096
_MOST_TEXT = 1 << 30


class _Bytes:
    """The bytes of a file, by their places."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)

    def read(self, count: int, place: int) -> bytes:
        """As many as there are from a place on."""
        self._file.seek(place)
        return self._file.read(count)


def heaps_end(source: str | BinaryIO) -> bool:
    """Whether every walk through a heap comes to its end.

    Args:
        source: Path of a file, or a file that is open.

    Returns:
    True for a file that is not HDF5; False for one with other than 8 bytes an address
        or size, which nobody writes, or with more entries than there is room for.

    Raises:
        OSError: If the file can not be read.
    """
    if not isinstance(source, str):
        return _ends(_Bytes(source))
    with open(source, "rb", buffering=0) as file:  # noqa: PTH123 - a quick start
        return _ends(_Bytes(file))


def _ends(stored: _Bytes) -> bool:
    base = _base(stored)
    if base is None:
        return True
    begin = stored.read(15, base)
    widths = begin[9:11] if begin[8:9] > b"\1" else begin[13:15]
    if widths != bytes((_WORD, _WORD)):
        return False
    most = stored.size // _ENTRY.size
    for taken, step in enumerate(_steps(stored, base)):
        if step < 0 or taken > most:  # heaps that share their places
            return False
    return True


def _base(stored: _Bytes) -> int | None:
    """Where HDF5 begins: at 0, or behind somebody's own 512, 1024, ... bytes."""
    place, size = 0, stored.size
    while place < size:
        if stored.read(len(_SIGNATURE), place) == _SIGNATURE:
            return place
        place = 2 * place or 512
    return None


def _steps(stored: _Bytes, base: int) -> Iterator[int]:
    """The steps of all walks, each as the place where it leads; -1 for one that is lost."""
    start, block = 0, b""
    while more := stored.read(_BLOCK, start + len(block)):
        block += more
        for mark, walk in ((_LOCAL, _local), (_GLOBAL, _global)):
            found = block.find(mark)
            while found >= 0:
                yield from walk(stored, start + found, base)
                found = block.find(mark, found + 1)
        kept = block[len(block) - len(_GLOBAL) + 1 :]  # a mark may go on in the next
        start += len(block) - len(kept)
        block = kept


def _local(stored: _Bytes, place: int, base: int) -> Iterator[int]:
    head = stored.read(_LOCAL_HEAD.size, place)
    if len(head) < _LOCAL_HEAD.size:
        return
    size, free, start = _LOCAL_HEAD.unpack(head)
    if base + start + size > stored.size:
        return  # the library refuses what is not there
    for _ in range(_MOST_FREE):
        if free == _NO_MORE or free + _WORD > size:
            return
        yield free
        free = int.from_bytes(stored.read(_WORD, base + start + free), "little")
    yield -1


def _global(stored: _Bytes, place: int, base: int) -> Iterator[int]:
    del base  # its places count from its own beginning
    head = stored.read(_GLOBAL_HEAD.size, place)
    size = int.from_bytes(head[8:], "little")
    end = place + size
    if size > _MOST_TEXT or end > stored.size:
        yield -1
        return
    place += _GLOBAL_HEAD.size
    while place + _ENTRY.size <= end:
        number, _, _, held = _ENTRY.unpack(stored.read(_ENTRY.size, place))
        # The size of what is free counts its own beginning, that of others does not.
        step = held if number == 0 else _ENTRY.size + -(-held // 8) * 8
        if not _ENTRY.size <= step <= end - place:
            yield -1
            return
        place += step
        yield place
