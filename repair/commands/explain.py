"""Explains single answers of a detector, and groups what it flags."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from artifacts.errors import DetectorError
from artifacts.names import names_on
from artifacts.reading.hdf5_images import read_slice
from artifacts.reading.images import read_image
from artifacts.reading.sources import pieces
from artifacts.why.asking import Explainer
from artifacts.why.story import STAND_IN, sentence, story
from repair.commands.places import say_what_is_replaced
from repair.errors import SettingError
from repair.measuring.tables import Cell
from repair.process.notice import say
from repair.process.progress import progress
from repair.process.whole_file import make_folder
from repair.reading.data_file import read_dataset
from repair.report.explanation import Explained, described, write_explanations

Rows = list[dict[str, Cell]]


def explain(arguments: argparse.Namespace) -> Rows:
    """Tells the story of each image, as a page and JSON."""
    make_folder(arguments.out)
    detector = opened(arguments.artifact)
    inputs = images(arguments.images, detector.size, resize=arguments.resize)
    chosen = list(islice(inputs, arguments.most))
    if not chosen:
        raise SettingError("expected at least one image. Received: none.")
    if left_out := sum(1 for _ in inputs):
        every = len(chosen) + left_out
        say(f"{len(chosen):,} of {every:,} images are explained; --most N for more")
    say_what_is_replaced(arguments.out, "explain.html")
    clean = None
    if arguments.clean is not None:
        names = names_on(detector.card)
        clean = read_dataset(
            arguments.clean,
            image_shape=detector.size,
            num_classes=detector.num_classes,
            names=None if names is None else tuple(names),
        )
    told = [
        Explained(name, pixels, story(detector, pixels, detector.card))
        for name, pixels in progress(chosen, label="explained")
    ]
    page = write_explanations(
        told, arguments.out, card=detector.card, clean=clean, left_out=left_out
    )
    if arguments.json:
        return [described(one) for one in told]
    rows: Rows = [
        {"image": one.name, "label": one.story.label, "why": sentence(one.story)}
        for one in told
    ]
    return [*rows, {"image": f"page: {page}"}]


def opened(folder: Path) -> Explainer:
    """The detector, and a word on stderr if it is a stand-in."""
    detector = Explainer(folder)
    if detector.stand_in:
        say(f"note: {STAND_IN}")
    return detector


def images(
    arguments: list[str], size: tuple[int, int, int], *, resize: bool = False
) -> Iterator[tuple[str, np.ndarray]]:
    """Where each image is from, and its pixels, lazily.

    Args:
        arguments: Files, folders, patterns, ``-``.
        size: Rows, columns and channels.
        resize: Bring image files of another size to this one.

    Raises:
        DetectorError: If one can not be read.
    """
    for piece in pieces(arguments, size):
        if isinstance(piece, DetectorError):
            raise piece
        if piece.chosen is None:
            yield piece.path, read_image(Path(piece.path), size, resize=resize)
            continue
        pixels = read_slice(piece.path, piece.chosen, size)
        for index, one in zip(piece.chosen, pixels, strict=True):
            if isinstance(one, DetectorError):
                raise one
            yield f"{piece.path}#{index}", one
