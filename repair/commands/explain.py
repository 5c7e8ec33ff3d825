"""Explains single answers of a detector, and groups what it flags."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

from artifacts.names import names_on
from artifacts.why.asking import Explainer
from artifacts.why.sentences import sentence
from artifacts.why.story import STAND_IN, story
from repair.commands.data_options import data_options_from
from repair.commands.images import given, nothing_was_read, read
from repair.commands.places import say_what_is_replaced
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
    found = given(arguments, detector.size)
    single = (source.piece() for piece in found for source in piece.sources())
    chosen = list(islice(read(single, arguments, detector.size), arguments.most))
    if not chosen:
        nothing_was_read(arguments)
    if left_out := sum(1 for _ in single):
        every = len(chosen) + left_out
        say(f"{len(chosen):,} of {every:,} images are explained; --most N for more")
    clean = None
    if arguments.clean is not None:
        names = names_on(detector.card)
        clean = read_dataset(
            arguments.clean,
            image_shape=detector.size,
            num_classes=detector.num_classes,
            options=data_options_from(arguments),
            names=None if names is None else tuple(names),
        )
    say_what_is_replaced(arguments.out, "explain.html")
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
