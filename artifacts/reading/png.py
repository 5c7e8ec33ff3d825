"""Whether a PNG holds all its lines and colours; Pillow takes missing ones for black."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
# First column and row, and steps, of each pass of an interlaced picture.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
           (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip
_PIECE = 1 << 20


def has_all_lines(content: bytes) -> bool:
    """Whether the pixel stream is as long as the header of the PNG says."""
    columns, rows, bits, colour, _, _, interlaced = struct.unpack_from(
        ">IIBBBBB", content, 16
    )
    depth = bits * _SAMPLES[colour]
    expected = sum(
        down * (1 + (across * depth + 7) // 8)
        for across, down in _sizes(columns, rows, bool(interlaced))
        if across
    )
    stream, found = zlib.decompressobj(), 0
    for part in _chunks(content, b"IDAT"):
        while part and found < expected:
            found += len(stream.decompress(part, _PIECE))
            part = stream.unconsumed_tail
    while found < expected and (rest := stream.decompress(b"", _PIECE)):
        found += len(rest)
    return found >= expected


def colours(content: bytes) -> int:
    """How many colours the palette of a PNG has, 0 without one."""
    return next((len(part) // 3 for part in _chunks(content, b"PLTE")), 0)


def _sizes(columns: int, rows: int, interlaced: bool) -> Iterator[tuple[int, int]]:
    if not interlaced:
        yield columns, rows
        return
    for left, top, across, down in _PASSES:
        yield -(-max(0, columns - left) // across), -(-max(0, rows - top) // down)


def _chunks(content: bytes, wanted: bytes) -> Iterator[bytes]:
    place = 8
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        if kind == wanted:
            yield content[place + 8 : place + 8 + length]
        place += length + 12
