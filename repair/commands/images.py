"""The images that ``explain`` and ``triggers`` are given; what can not be read is left out.

As by ``python -m artifacts``, each of those is told on stderr, and the exit code is 1; it is
2 where nothing at all could be read.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np

from artifacts.errors import DetectorError
from artifacts.reading.hdf5_images import read_slice
from artifacts.reading.images import read_image
from artifacts.reading.kinds import Kinds, passed_over
from artifacts.reading.sources import Piece, pieces
from artifacts.streams import leave
from repair.errors import SettingError
from repair.process.notice import say

_SOME, _NONE = 1, 2


def given(arguments: argparse.Namespace, size: tuple[int, int, int]) -> Iterator[Piece]:
    """What the arguments stand for, lazily; nothing is decoded.

    Args:
        arguments: ``images``, which are files, folders, patterns or ``-``, and ``formats``.
        size: Rows, columns and channels.
    """
    passed = Counter[str]()
    for piece in pieces(arguments.images, size, _kinds(arguments), passed):
        if isinstance(piece, DetectorError):
            _left_out(piece, arguments)
        else:
            yield piece
    if passed:
        say(passed_over(passed))


def read(
    found: Iterable[Piece], arguments: argparse.Namespace, size: tuple[int, int, int]
) -> Iterator[tuple[str, np.ndarray]]:
    """Where each image is from, and its pixels, lazily.

    Args:
        found: What to decode.
        arguments: ``formats``, and ``resize`` for image files of another size.
        size: Rows, columns and channels.
    """
    kinds = _kinds(arguments)
    for piece in found:
        if piece.chosen is None:
            try:
                path = Path(piece.path)
                pixels = read_image(path, size, resize=arguments.resize, kinds=kinds)
                yield piece.path, pixels
            except DetectorError as reason:
                _left_out(reason, arguments)
            continue
        images = read_slice(piece.path, piece.chosen, size)
        for index, one in zip(piece.chosen, images, strict=True):
            if isinstance(one, DetectorError):
                _left_out(one, arguments)
            else:
                yield f"{piece.path}#{index}", one


def nothing_was_read(arguments: argparse.Namespace) -> NoReturn:
    """Ends the command, with an error if none was told yet.

    Raises:
        SettingError: If there was nothing to read.
    """
    if getattr(arguments, "exit_code", 0):
        leave(_NONE)
    raise SettingError("expected at least one image. Received: none.")


def _kinds(arguments: argparse.Namespace) -> Kinds:
    return Kinds(tuple(arguments.formats))


def _left_out(reason: DetectorError, arguments: argparse.Namespace) -> None:
    say(f"error: {reason}")
    arguments.exit_code = _SOME
