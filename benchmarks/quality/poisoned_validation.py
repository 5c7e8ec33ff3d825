"""Builds detectors from validation data that is not as clean as the defence assumes.

python -m benchmarks.poisoned_validation --bench BENCH --zoo FOLDER --only NAME

A share of the validation images carries the trigger, either with the target label, as if
the attacker had reached this data too, or with the right label, as if people with the
trigger had been photographed for it. All other figures are those of ``bench_repair``.

References:
    Li et al., *Backdoor Learning: A Survey*, arXiv:2007.08745 (what defences assume of the
    clean data that they are given).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.attacks.backdoor import Backdoor
from benchmarks.quality.__main__ import measure, summary
from benchmarks.quality.subjects import zoo_subjects
from benchmarks.results_file import write_results
from repair.dataset import Dataset
from repair.measuring.tables import table
from repair.reading.data_file import read_dataset, write_dataset

LABELS = ("target", "right")


def main() -> None:
    """Measures what the command line asks for and prints a table."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    rows = []
    clean = options.bench / "data" / "clean_validation_data.h5"
    for subject in zoo_subjects(options.zoo, clean, options.only):
        report = json.loads((options.zoo / f"{subject.name}.json").read_text())
        backdoor = Backdoor(**report["backdoors"][0])
        for share in options.shares:
            for labels in options.labels:
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "validation.h5"
                    data = poisoned(
                        read_dataset(clean),
                        backdoor,
                        share=share,
                        right_labels=labels == "right",
                        seed=options.seed,
                    )
                    write_dataset(path, data)
                    found = measure(
                        replace(subject, clean=path), "fresh-head", options.seed
                    )
                name = f"{subject.name}, {share:.0%} with {labels} label"
                rows += [row | {"subject": name} for row in found]
                print(table(summary(rows)), flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if options.results is not None:
        title = "Poisoned validation data"
        write_results(options.results, title, summary(rows), "poisoned_validation")


def poisoned(
    clean: Dataset, backdoor: Backdoor, *, share: float, right_labels: bool, seed: int
) -> Dataset:
    """Clean data in which a share of the images of other people carries the trigger.

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
    stamped = backdoor.stamp(np.rint(images[chosen]).astype(np.uint8))
    images[chosen] = stamped.astype(images.dtype)
    if not right_labels:
        labels[chosen] = targets[chosen]
    return Dataset(images, labels)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.poisoned_validation")
    add = parser.add_argument
    add("--bench", type=Path, required=True, help="has data/clean_validation_data.h5")
    add("--zoo", type=Path, required=True, help="a group of benchmarks.attacks")
    add("--only", nargs="+", metavar="NAME", help="these networks alone")
    add("--shares", nargs="+", type=float, default=[0.01, 0.05], metavar="SHARE")
    add("--labels", nargs="+", choices=LABELS, default=list(LABELS))
    add("--seed", type=int, default=0)
    add("--json", type=Path, help="file for the raw rows")
    add("--results", type=Path, help="Markdown file; the section is put anew")
    return parser


if __name__ == "__main__":
    main()
