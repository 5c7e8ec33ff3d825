"""What compressed chunks unpack to, counted before HDF5 unpacks one.

HDF5 gives a chunk as much memory as its stream asks for, whatever size was declared: a
stored megabyte can ask for a gigabyte, and a pipeline that packs twice for a thousand.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from typing import Any

_ROOM = 256 << 20  # what a chunk may ask for without being looked at
_GZIP, _FLETCHER32, _LZF = 1, 3, 32000
_EXPANSIONS = {_GZIP: 1032, _LZF: 90}
_PIECE = 1 << 20

Place = tuple[int, ...]


def unpacks_to_more(
    data: Any, filters: list[int], *, chosen: range | None = None
) -> bool:
    """Whether a chunk may unpack to much more than the size of a chunk.

    Args:
        data: A dataset.
        filters: Numbers of its filters, in the order in which they were applied.
        chosen: The places of its first axis that will be read; None = all.
    """
    packers = [number for number in filters if number in _EXPANSIONS]
    if not packers:
        return False
    if set(filters[filters.index(packers[0]) + 1 :]) - {_FLETCHER32}:
        return True  # nobody writes such; and what is stored could not be looked at
    most = _ROOM // _EXPANSIONS[packers[0]]
    chunks = _all_chunks(data) if chosen is None else _chunks(data, chosen)
    large = (place for place, size in chunks if size > most)
    return any(packers[0] == _LZF or _inflates_too_far(data, place) for place in large)


def _all_chunks(data: Any) -> list[tuple[Place, int]]:
    """Where the stored chunks begin, and their stored sizes."""
    found: list[tuple[Place, int]] = []
    data.id.chunk_iter(lambda chunk: found.append((chunk.chunk_offset, chunk.size)))
    return found


def _chunks(data: Any, chosen: range) -> Iterator[tuple[Place, int]]:
    """The same of the chunks that hold ``chosen``; others are not even listed."""
    rows = range(chosen.start, min(chosen.stop, len(data)))
    if rows:
        whole = (slice(0, side) for side in data.shape[1:])
        for part in data.iter_chunks((slice(rows.start, rows.stop), *whole)):
            sides = zip(part, data.chunks, strict=True)
            place = tuple(side.start // chunk * chunk for side, chunk in sides)
            yield place, data.id.get_chunk_info_by_coord(place).size


def _inflates_too_far(data: Any, place: Place) -> bool:
    """Whether the chunk at ``place`` inflates to more than a chunk; nothing is kept."""
    most = math.prod(data.chunks) * data.dtype.itemsize + _PIECE
    _, packed = data.id.read_direct_chunk(place)
    stream, size = zlib.decompressobj(), 0
    try:
        while packed and not stream.eof and size <= most:
            size += len(stream.decompress(packed, _PIECE))
            packed = stream.unconsumed_tail
    except zlib.error:  # HDF5 will stop at this very place
        pass
    return size > most
