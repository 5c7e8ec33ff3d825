"""HDF5 files broken in their bytes, as no library writes them."""

from __future__ import annotations

import zlib
from pathlib import Path


def bomb_stream(megabytes: int) -> bytes:
    """A stream of zeros for zlib: a thousandth of what it unpacks to."""
    packer = zlib.compressobj(9)
    zeros = bytes(16 << 20)
    first, again = (
        packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return first + again * (megabytes // 16)


def break_heap(path: Path) -> Path:
    """Lets an entry of the heap of texts lead to itself, which hangs HDF5."""
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL\x01") + 16
    content[place : place + 16] = bytes(16)
    path.write_bytes(content)
    return path


def break_names(path: Path) -> Path:
    """Lets the free places of each heap of names lead in a circle of two."""
    content = bytearray(path.read_bytes())
    place = content.find(b"HEAP")
    while place >= 0:
        start = int.from_bytes(content[place + 24 : place + 32], "little")
        content[place + 16 : place + 24] = (8).to_bytes(8, "little")
        for one, other in ((8, 16), (16, 8)):
            content[start + one : start + one + 8] = other.to_bytes(8, "little")
        place = content.find(b"HEAP", place + 1)
    path.write_bytes(content)
    return path


def lengthen_text(path: Path) -> Path:
    """Lets each text of any length declare four gigabytes, which HDF5 would fill."""
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL\x01").to_bytes(8, "little")
    place = content.find(heap)
    assert place >= 0
    while place >= 0:
        content[place - 4 : place] = b"\xff" * 4
        place = content.find(heap, place + 1)
    path.write_bytes(content)
    return path
