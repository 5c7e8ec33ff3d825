"""Which networks a command measures: options, and the subjects that they mean."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from benchmarks.attacks.plans.table import PLANS
from benchmarks.quality.subjects import (
    Subject,
    face_subjects,
    small_image_subjects,
    with_at_most,
    zoo_subjects,
)


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Adds the options that ``chosen`` understands."""
    add = parser.add_argument
    add("domain", choices=PLANS)
    add("--bench", type=Path, help="models/ and data/, as the competition's")
    add("--zoo", type=Path, help="folder that benchmarks.attacks wrote")
    add("--groups", nargs="+", default=["held_out"], help="of the zoo")
    add("--only", nargs="+", metavar="NAME", help="these networks alone")
    add("--most", type=int, metavar="N", help="images of a trial, N drawn")


def chosen(options: argparse.Namespace) -> Iterator[Subject]:
    """The networks of the bench, then those of the zoo."""
    domain, bench, zoo = options.domain, options.bench, options.zoo
    parts: list[Iterator[Subject]] = []
    if bench is not None and domain == "faces":
        parts.append(face_subjects(bench, options.only))
    elif bench is not None:
        parts.append(small_image_subjects(bench, domain, options.only))
    if zoo is not None:
        parts.append(zoo_subjects(zoo, domain, options.groups, options.only))
    for subject in chain(*parts):
        yield with_at_most(subject, options.most)
