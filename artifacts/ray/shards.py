"""Cuts what is to be labelled into shards: the same inputs give the same shards."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from artifacts.errors import DetectorError
from artifacts.labelling import Failure
from artifacts.reading.kinds import ALWAYS, Kinds
from artifacts.reading.sources import Piece, Source, of_file, paths

_FIRST, _LARGEST = 1 << 10, 1 << 16  # images
_AS_MANY_OF_A_SIZE = 16


@dataclass(frozen=True, slots=True)
class Shard:
    """What one worker labels in one go, and writes as one file.

    Attributes:
        number: 0, 1, ... in the order of the inputs.
        pieces: What to decode.
        failures: Inputs between them of which is known that they can not be labelled.
    """

    number: int
    pieces: tuple[Piece, ...]
    failures: tuple[Failure, ...]

    def digest(self) -> str:
        """Tells shards of other inputs apart."""
        digest = hashlib.sha256()
        for piece in self.pieces:
            digest.update(ascii((piece.path, piece.chosen)).encode())
        for failure in self.failures:
            digest.update(ascii(failure.source.path).encode())
        return digest.hexdigest()[:16]


def shards(
    arguments: Iterable[str],
    size: tuple[int, ...],
    images: int | None = None,
    kinds: Kinds = ALWAYS,
    passed: Counter[str] | None = None,
) -> Iterator[Shard]:
    """All that the arguments stand for, in order, found as it is asked for.

    Args:
        arguments: Paths and patterns.
        size: Rows, columns and channels that images must have.
        images: As many images a shard, or a few more: a run of an HDF5 file is not cut.
            None = few in the first ones, so that all workers soon have one, then more.
        kinds: Formats of image files that are read.
        passed: Counts endings of pictures in folders that are not read.
    """
    number = count = 0
    pieces: list[Piece] = []
    failures: list[Failure] = []
    for each in _found(arguments, size, kinds, passed):
        if isinstance(each, Failure):
            failures.append(each)
            count += 1
        else:
            pieces.append(each)
            count += len(each)
        if count >= (images or images_in(number)):
            yield Shard(number, tuple(pieces), tuple(failures))
            number, count, pieces, failures = number + 1, 0, [], []
    if count:
        yield Shard(number, tuple(pieces), tuple(failures))


def images_in(number: int) -> int:
    """How many images a shard of that number has: 1,024 first, at last 65,536."""
    doublings = min(number // _AS_MANY_OF_A_SIZE, _LARGEST.bit_length())
    return min(_FIRST << doublings, _LARGEST)


def _found(
    arguments: Iterable[str],
    size: tuple[int, ...],
    kinds: Kinds,
    passed: Counter[str] | None,
) -> Iterator[Piece | Failure]:
    for argument in arguments:
        for path in paths([argument], kinds, passed):
            if isinstance(path, DetectorError):
                yield Failure(Source(argument), path)
                continue
            for piece in of_file(path, size):
                if isinstance(piece, DetectorError):
                    yield Failure(Source(path), piece)
                else:
                    yield piece
