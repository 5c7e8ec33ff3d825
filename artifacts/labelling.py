"""Decodes in threads while the detector labels, in order, in little memory."""

from __future__ import annotations

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
from artifacts.reading.sources import Piece, Source

if TYPE_CHECKING:
    import numpy as np

BATCH = 256
_GROUP = 64  # images that one thread decodes at a time
_WAITING = 4 * BATCH  # images that may wait, decoded or not
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
) -> Iterator[Batch | Failure]:
    """Labels whatever can be decoded.

    Args:
        found: What to decode; errors among it are passed on.
        load: Gives the detector, a function from ``(n, rows, columns, 3)`` uint8 to
            ``(n,)`` int64. Called once the first image is decoded.
        size: Rows and columns of the images.
        resize: Bring image files of another size to this one.

    Yields:
        In the order of ``found``: batches of 256 images (the last may be smaller) with
        their labels, and why an input was not labelled, as soon as it is known.

    Raises:
        DetectorError: If the detector can not be loaded.
    """
    import numpy as np

    detect = None
    sources: list[Source] = []
    images: list[np.ndarray] = []
    for source, image in _in_order(found, partial(decode, size=size, resize=resize)):
        if isinstance(image, DetectorError):
            yield Failure(source, image)
            continue
        sources.append(source)
        images.append(image)
        detect = detect or load()
        if len(images) == BATCH:
            yield list(zip(sources, detect(np.stack(images)).tolist(), strict=True))
            sources, images = [], []
    if detect and images:
        yield list(zip(sources, detect(np.stack(images)).tolist(), strict=True))


def decode(piece: Piece, *, size: tuple[int, ...], resize: bool = False) -> Decoded:
    """The images of a piece, ``(rows, columns, 3)`` uint8 each, or why there is none."""
    if piece.chosen is not None:
        images = read_slice(piece.path, piece.chosen, size)
        return list(zip(piece.sources(), images, strict=True))
    try:
        return [(Source(piece.path), read_image(Path(piece.path), size, resize=resize))]
    except DetectorError as reason:
        return [(Source(piece.path), reason)]


def _in_order(
    found: Iterable[Piece | DetectorError], decode: Callable[[Piece], Decoded]
) -> Iterator[tuple[Source, np.ndarray | DetectorError]]:
    """What ``decode`` gives for each piece, in order; threads work ahead a little."""
    pending: deque[tuple[int, Future[Decoded]]] = deque()
    waiting = 0
    pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1))
    # Each thread lets Pillow's warnings pass and puts back what was before: the same,
    # in whatever order that happens, if they are let pass here as well.
    with without_warnings():
        try:
            for group in _groups(found):
                count = sum(
                    1 if isinstance(x, DetectorError) else len(x) for x in group
                )
                pending.append((count, pool.submit(_decode_group, group, decode)))
                waiting += count
                while waiting > _WAITING:
                    count, done = pending.popleft()
                    waiting -= count
                    yield from done.result()
            while pending:
                yield from pending.popleft()[1].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _groups(
    found: Iterable[Piece | DetectorError],
) -> Iterator[list[Piece | DetectorError]]:
    group: list[Piece | DetectorError] = []
    count = 0
    for piece in found:
        group.append(piece)
        count += 1 if isinstance(piece, DetectorError) else len(piece)
        if count >= _GROUP:
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
