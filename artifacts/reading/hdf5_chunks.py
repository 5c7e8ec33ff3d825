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


def unpacks_to_more(data: Any, chosen: range, filters: list[int]) -> bool:
    """Whether a chunk may unpack to much more than the size of a chunk.

    Args:
        data: A dataset.
        chosen: The places of its first axis that will be read.
        filters: Numbers of its filters, in the order in which they were applied.
    """
    packers = [number for number in filters if number in _EXPANSIONS]
    if not packers:
        return False
    if set(filters[filters.index(packers[0]) + 1 :]) - {_FLETCHER32}:
        return True  # nobody writes such; and what is stored could not be looked at
    most = _ROOM // _EXPANSIONS[packers[0]]
    large = (
        place
        for place in _chunks(data, chosen)
        if data.id.get_chunk_info_by_coord(place).size > most
    )
    return any(packers[0] == _LZF or _inflates_too_far(data, place) for place in large)


def _chunks(data: Any, chosen: range) -> Iterator[tuple[int, ...]]:
    """Where the chunks begin that hold ``chosen``."""
    rows = range(chosen.start, min(chosen.stop, len(data)))
    if rows:
        whole = (slice(0, side) for side in data.shape[1:])
        for part in data.iter_chunks((slice(rows.start, rows.stop), *whole)):
            sides = zip(part, data.chunks, strict=True)
            yield tuple(side.start // chunk * chunk for side, chunk in sides)


def _inflates_too_far(data: Any, place: tuple[int, ...]) -> bool:
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
