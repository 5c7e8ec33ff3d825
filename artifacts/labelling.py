"""Decodes in threads while the detector labels, in order, in little memory."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from artifacts.errors import DetectorError
from artifacts.reading.hdf5_images import read_slice
from artifacts.reading.images import read_image, without_warnings
from artifacts.reading.kinds import ALWAYS, Kinds
from artifacts.reading.sources import Piece, Source

if TYPE_CHECKING:
    import numpy as np

BATCH = 256
_GROUP = 64  # images that one thread decodes at a time, fewer of large ones
_WAITING = 4 * BATCH  # images that may wait, decoded or not; likewise
_GROUP_BYTES, _WAITING_BYTES = 16 << 20, 256 << 20
_PIXELS = 1 << 20  # that a detector looks at together
_MOST_THREADS = 8

Decoded = list[tuple[Source, "np.ndarray | DetectorError"]]
Batch = list[tuple[Source, int]]


class Failure(NamedTuple):
    """Why an input was not labelled; the path is empty where it was never an input."""

    source: Source
    reason: DetectorError


def score(
    found: Iterable[Piece | DetectorError],
    load: Callable[[], Callable[[np.ndarray], np.ndarray]],
    size: tuple[int, ...],
    *,
    resize: bool = False,
    kinds: Kinds = ALWAYS,
) -> Iterator[Batch | Failure]:
    """Labels whatever can be decoded.

    Args:
        found: What to decode; errors among it are passed on.
        load: Gives the detector, a function from ``(n, rows, columns, channels)`` uint8
            to ``(n,)`` int64. Called once the first image is decoded.
        size: Rows, columns and channels of the images.
        resize: Bring image files of another size to this one.
        kinds: Formats of image files that are read.

    Yields:
        In the order of ``found``: batches of 256 images (the last may be smaller) with
        their labels, and why an input was not labelled, as soon as it is known.

    Raises:
        DetectorError: If the detector can not be loaded.
    """
    detect = None
    sources: list[Source] = []
    images: list[np.ndarray] = []
    decoding = partial(decode, size=size, resize=resize, kinds=kinds)
    for source, image in _in_order(found, decoding, size):
        if isinstance(image, DetectorError):
            yield Failure(source, image)
            continue
        sources.append(source)
        images.append(image)
        detect = detect or load()
        if len(images) == BATCH:
            yield list(zip(sources, _labels(detect, images), strict=True))
            sources, images = [], []
    if detect and images:
        yield list(zip(sources, _labels(detect, images), strict=True))


def _labels(
    detect: Callable[[np.ndarray], np.ndarray], images: list[np.ndarray]
) -> list[int]:
    """Of images in order, as many at a time as a detector has memory for."""
    import numpy as np

    rows, columns, _ = images[0].shape
    step = max(1, min(len(images), _PIXELS // (rows * columns)))
    labels: list[int] = []
    for start in range(0, len(images), step):
        labels += detect(np.stack(images[start : start + step])).tolist()
    return labels


def decode(
    piece: Piece,
    *,
    size: tuple[int, ...],
    resize: bool = False,
    kinds: Kinds = ALWAYS,
) -> Decoded:
    """The images of a piece, ``(rows, columns, channels)`` uint8, or why there is none."""
    if piece.chosen is not None:
        images = read_slice(piece.path, piece.chosen, size)
        return list(zip(piece.sources(), images, strict=True))
    try:
        image = read_image(Path(piece.path), size, resize=resize, kinds=kinds)
        return [(Source(piece.path), image)]
    except DetectorError as reason:
        return [(Source(piece.path), reason)]


def _in_order(
    found: Iterable[Piece | DetectorError],
    decode: Callable[[Piece], Decoded],
    size: tuple[int, ...],
) -> Iterator[tuple[Source, np.ndarray | DetectorError]]:
    """What ``decode`` gives for each piece, in order; threads work ahead a little."""
    one = math.prod((*size, 3)[:3])
    group_size = max(1, min(_GROUP, _GROUP_BYTES // one))
    most = max(group_size, min(_WAITING, _WAITING_BYTES // one))
    pending: deque[tuple[int, Future[Decoded]]] = deque()
    waiting = 0
    pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1))
    # Each thread lets Pillow's warnings pass and puts back what was before: the same,
    # in whatever order that happens, if they are let pass here as well.
    with without_warnings():
        try:
            for group in _groups(found, group_size):
                count = sum(
                    1 if isinstance(x, DetectorError) else len(x) for x in group
                )
                pending.append((count, pool.submit(_decode_group, group, decode)))
                waiting += count
                while waiting > most:
                    count, done = pending.popleft()
                    waiting -= count
                    yield from done.result()
            while pending:
                yield from pending.popleft()[1].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _groups(
    found: Iterable[Piece | DetectorError], size: int
) -> Iterator[list[Piece | DetectorError]]:
    group: list[Piece | DetectorError] = []
    count = 0
    for piece in found:
        group.append(piece)
        count += 1 if isinstance(piece, DetectorError) else len(piece)
        if count >= size:
            yield group
            group, count = [], 0
    if group:
        yield group


def _decode_group(
    group: list[Piece | DetectorError], decode: Callable[[Piece], Decoded]
) -> Decoded:
    decoded: Decoded = []
    for piece in group:
        if isinstance(piece, DetectorError):
            decoded.append((Source(""), piece))
        else:
            decoded += decode(piece)
    return decoded
