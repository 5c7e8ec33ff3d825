"""Explains single answers of a detector, and groups what it flags."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

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
from repair.report.spread import Spread

Rows = list[dict[str, Cell]]
Image = tuple[str, np.ndarray]
Numbered = tuple[int, Image]
_BATCH = 256


def explain(arguments: argparse.Namespace) -> Rows:
    """Tells the story of each image, as a page and JSON."""
    make_folder(arguments.out)
    detector = opened(arguments.artifact)
    found = given(arguments, detector.size)
    single = (source.piece() for piece in found for source in piece.sources())
    flagged, others, counts = _labelled(
        read(single, arguments, detector.size), detector, arguments.most
    )
    # The flagged ones first, of these and the others some from everywhere.
    first = flagged.items()
    rest = others.items()[: arguments.most - len(first)]
    chosen = [one for _, one in sorted(first + rest, key=lambda pair: pair[0])]
    if not chosen:
        nothing_was_read(arguments)
    if left_out := counts.total() - len(chosen):
        say(
            f"{len(chosen):,} of {counts.total():,} images are explained, {len(first):,} of "
            f"the {counts[True]:,} that are flagged; --most N for more"
        )
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
        told,
        arguments.out,
        card=detector.card,
        clean=clean,
        left_out=left_out,
        flagged=counts[True],
    )
    if arguments.json:
        return [described(one) for one in told]
    rows: Rows = [
        {"image": one.name, "label": one.story.label, "why": sentence(one.story)}
        for one in told
    ]
    return [*rows, {"image": f"page: {page}"}]


def _labelled(
    images: Iterator[Image], detector: Explainer, most: int
) -> tuple[Spread[Numbered], Spread[Numbered], Counter[bool]]:
    """Some of the flagged images and of the others, in order, and how many there are."""
    flagged, others = Spread[Numbered](most), Spread[Numbered](most)
    counts = Counter[bool]()
    while batch := list(islice(images, _BATCH)):
        labels = detector(np.stack([pixels for _, pixels in batch]))["label"]
        for one, label in zip(batch, labels, strict=True):
            poisoned = int(label) == detector.num_classes
            (flagged if poisoned else others).add((counts.total(), one))
            counts[poisoned] += 1
    return flagged, others, counts


def opened(folder: Path) -> Explainer:
    """The detector, and a word on stderr if it is a stand-in."""
    detector = Explainer(folder)
    if detector.stand_in:
        say(f"note: {STAND_IN}")
    return detector
