"""What the triggers look like in data that a detector flags."""

from __future__ import annotations

import argparse
from collections import defaultdict
from itertools import islice

import numpy as np

from artifacts.why.story import story
from repair.commands.explain import Rows, opened
from repair.commands.images import given, nothing_was_read, read
from repair.commands.places import say_what_is_replaced
from repair.process.notice import say
from repair.process.progress import progress
from repair.process.whole_file import make_folder
from repair.report.explanation import Explained
from repair.report.spread import Spread
from repair.report.trigger_groups import described, grouped, write_groups

_BATCH = 256


def triggers(arguments: argparse.Namespace) -> Rows:
    """Labels all images, explains some of the flagged ones of each label, groups them."""
    make_folder(arguments.out)
    detector = opened(arguments.artifact)
    inputs = read(given(arguments, detector.size), arguments, detector.size)
    seen = flagged = 0
    spread: defaultdict[int, Spread[tuple[str, np.ndarray]]] = defaultdict(
        lambda: Spread(arguments.most)
    )
    while batch := list(islice(inputs, _BATCH)):
        answers = detector(np.stack([pixels for _, pixels in batch]))
        poisoned = np.flatnonzero(answers["label"] == detector.num_classes)
        seen, flagged = seen + len(batch), flagged + len(poisoned)
        for index in poisoned:
            spread[int(answers["original_label"][index])].add(batch[index])
    if not seen:
        nothing_was_read(arguments)
    say_what_is_replaced(arguments.out, "triggers.html")
    chosen = [one for label in sorted(spread) for one in spread[label].items()]
    looked = f"{len(chosen):,} of {flagged:,} flagged images were looked at"
    if not flagged:
        say(f"no image was flagged, of {seen:,}: there is nothing to group")
    elif len(chosen) < flagged:
        say(f"{looked}, spread over all; --most N for more of a label")
    told = [
        Explained(name, pixels, story(detector, pixels, detector.card))
        for name, pixels in (progress(chosen, label="explained") if chosen else ())
    ]
    groups = grouped(told)
    page = write_groups(
        groups, arguments.out, card=detector.card, flagged=flagged, seen=seen
    )
    if arguments.json:
        return [described(group) for group in groups]
    rows: Rows = [
        {
            "label": group.label,
            "status": group.status,
            "images": len(group.members),
            "place": "local" if group.local else "all over or several",
        }
        for group in groups
    ]
    return [*rows, {"label": f"page: {page}"}] if rows else [{"page": str(page)}]
