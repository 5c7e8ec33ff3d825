"""What compressed chunks unpack to, counted before HDF5 unpacks one.

HDF5 gives a chunk as much memory as its stream asks for, whatever size was declared: a
stored megabyte can ask for a gigabyte, and a pipeline that packs twice for a thousand.
"""

from __future__ import annotations

import math
import zlib

import h5py

_ROOM = 256 << 20  # what a chunk may ask for without being looked at
_EXPANSIONS = {h5py.h5z.FILTER_DEFLATE: 1032, h5py.h5z.FILTER_LZF: 90}
_PIECE = 1 << 20


def unpacks_to_more(found: h5py.Dataset, filters: list[int]) -> bool:
    """Whether a chunk may unpack to much more than the size of a chunk.

    Args:
        found: A dataset.
        filters: Numbers of its filters, in the order in which they were applied.
    """
    packers = [number for number in filters if number in _EXPANSIONS]
    if not packers:
        return False
    after = filters[filters.index(packers[0]) + 1 :]
    if set(after) - {h5py.h5z.FILTER_FLETCHER32}:
        return True  # nobody writes such; and what is stored could not be looked at
    most = _ROOM // _EXPANSIONS[packers[0]]
    large: list[tuple[int, ...]] = []
    found.id.chunk_iter(
        lambda chunk: large.append(chunk.chunk_offset) if chunk.size > most else None
    )
    if packers[0] != h5py.h5z.FILTER_DEFLATE:
        return bool(large)
    declared = math.prod(found.chunks) * found.dtype.itemsize
    return any(_inflates_beyond(found, place, declared + _PIECE) for place in large)


def _inflates_beyond(found: h5py.Dataset, place: tuple[int, ...], most: int) -> bool:
    """Whether the chunk at ``place`` inflates to more than ``most`` bytes; none is kept."""
    _, packed = found.id.read_direct_chunk(place)
    stream, size = zlib.decompressobj(), 0
    try:
        while packed and not stream.eof and size <= most:
            size += len(stream.decompress(packed, _PIECE))
            packed = stream.unconsumed_tail
    except zlib.error:  # HDF5 will stop at this very place
        pass
    return size > most
