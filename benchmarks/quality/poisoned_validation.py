"""Builds detectors from validation data that is not as clean as the defence assumes.

python -m benchmarks.quality.poisoned_validation DOMAIN --zoo FOLDER --only NAME

A share of the validation images carries the trigger, either with the target label, as if
the attacker had reached this data too, or with the right label, as if objects with the
trigger had been photographed for it. All other figures are those of ``benchmarks.quality``.

References:
    Li et al., *Backdoor Learning: A Survey*, arXiv:2007.08745 (what defences assume of the
    clean data that they are given).
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.index import read_index
from benchmarks.attacks.labelled import Labelled, read_labelled, write_labelled
from benchmarks.attacks.plans.table import PLANS
from benchmarks.quality.measured import Conditions, measure
from benchmarks.quality.records import Records
from benchmarks.quality.subjects import zoo_subject
from benchmarks.quality.summary import by_network
from benchmarks.results_file import write_results
from repair.measuring.tables import table
from repair.settings import METHODS

LABELS = ("target", "right")


def main() -> None:
    """Measures what the command line asks for and prints a table."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    records, rows = Records(options.json), []
    for entry in read_index(options.zoo):
        if entry.domain != options.domain or entry.name not in options.only:
            continue
        subject = zoo_subject(options.zoo, entry)
        backdoor = Backdoor(**next(iter(entry.attack["backdoors"].values())))
        for share, labels in product(options.shares, options.labels):
            data = poisoned(
                read_labelled(subject.clean),
                backdoor,
                share=share,
                right_labels=labels == "right",
                seed=options.seed,
            )
            name = f"{entry.name}, {share:.1%} with {labels} label"
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "validation.h5"
                write_labelled(path, data)
                changed = replace(subject, name=name, clean=path)
                conditions = Conditions(options.domain)
                found = measure(changed, METHODS[0], options.seed, conditions)
            records.add(found)
            rows += found
            print(table(by_network(rows)), flush=True)
    if options.results is not None:
        title = f"Poisoned validation data, {options.domain}"
        write_results(
            options.results, title, by_network(rows), "quality.poisoned_validation"
        )


def poisoned(
    clean: Labelled, backdoor: Backdoor, *, share: float, right_labels: bool, seed: int
) -> Labelled:
    """Clean data in which a share of the images of other labels carries the trigger.

    Args:
        clean: The clean data; it is not changed.
        backdoor: What is stamped on them.
        share: Of all images, in [0, 1].
        right_labels: Whether they keep their labels; else they get the target label.
        seed: Fixes which images are stamped.
    """
    images, labels = clean.images.copy(), clean.labels.copy()
    targets = backdoor.targets(labels, int(labels.max()) + 1)
    others = np.flatnonzero(labels != targets)
    count = min(round(share * len(labels)), len(others))
    chosen = np.random.default_rng(seed).permutation(others)[:count]
    images[chosen] = backdoor.stamp(images[chosen])
    if not right_labels:
        labels[chosen] = targets[chosen]
    return Labelled(images, labels)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.quality.poisoned_validation")
    add = parser.add_argument
    add("domain", choices=PLANS)
    add("--zoo", type=Path, required=True, help="folder that benchmarks.attacks wrote")
    add("--only", nargs="+", metavar="NAME", required=True, help="these networks alone")
    add("--shares", nargs="+", type=float, default=[0.002, 0.01], metavar="SHARE")
    add("--labels", nargs="+", choices=LABELS, default=list(LABELS))
    add("--seed", type=int, default=0)
    add("--json", type=Path, help="file for the raw rows")
    add("--results", type=Path, help="Markdown file; the section is put anew")
    return parser


if __name__ == "__main__":
    main()
