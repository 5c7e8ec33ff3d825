"""What each ingredient of the default method brings: one is taken out at a time.

python -m benchmarks.ablation --bench FOLDER [--only NAME...]

Every network is looked at once; all variants start from the same observations. A row shows
the worst network and trigger, so an ingredient counts if any of them needs it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.quality.subjects import Subject, bench_subjects
from benchmarks.results_file import write_results
from repair.measuring.tables import Cell, table
from repair.methods.fresh_head import discriminant
from repair.methods.fresh_head.disturbances import FAMILIES
from repair.process.quiet import import_tensorflow_quietly

_FIT = discriminant.fit
# What stands in for what, by its dotted name.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "a person's mean as the only prototype": {
        "repair.methods.fresh_head.discriminant.MOST_PROTOTYPES": 1,
    },
    "no disturbed images in the covariance": {
        "repair.methods.fresh_head.fitting.fit": lambda clean, _, *rest: _FIT(
            clean, clean, *rest
        ),
    },
    "no label watched": {
        "repair.methods.fresh_head.fitting.watched_count": lambda _, __: 0
    },
    "every suspected label watched": {
        "repair.methods.fresh_head.fitting.watched_count": lambda n, _: n
    },
    "found labels need no confirmation": {
        "repair.methods.fresh_head.thresholds.CONFIRMED": 0.0
    },
    "changed answers are watched, alone or not": {
        "repair.methods.fresh_head.fitting.gone_alone": lambda _, labels, __: np.ones(
            len(labels), bool
        ),
    },
    "labels are found, people recognised or not": {
        "repair.methods.fresh_head.fitting.recognised": lambda _, people: np.ones(
            len(people), bool
        ),
    },
    "noise is evidence": {
        "repair.methods.fresh_head.fitting.EVIDENCE": list(range(len(FAMILIES)))
    },
    "the BadNet answers": {"repair.rule.REPAIRED_WEIGHT": 0.0},
}


def main() -> None:
    """Measures all variants on all networks, and prints the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.ablation")
    add = parser.add_argument
    add("--bench", type=Path, required=True, help="models/ and data/")
    add("--only", nargs="+", metavar="NAME", help="these networks alone")
    add("--seed", type=int, default=0)
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Ablation", help="of the section in --results")
    options = parser.parse_args()
    import_tensorflow_quietly()
    found: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    for subject in bench_subjects(options.bench):
        if options.only is None or subject.name in options.only:
            for name, row in measure(subject, options.seed):
                found[name].append(row)
    rows = [{"variant": name, **_worst(each)} for name, each in found.items()]
    print(table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "ablation")


def measure(subject: Subject, seed: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Each variant's figures on one network, rates in [0, 1]."""
    from repair import rule
    from repair.methods.fresh_head import fitting
    from repair.methods.fresh_head.features import Observer
    from repair.methods.fresh_head.observations import observe
    from repair.network.inference import outputs
    from repair.reading.case import read_case

    case = read_case(subject.model, subject.clean)
    observer = Observer(case.original, "conv_3")
    generator = np.random.default_rng(seed)
    seen = observe(observer, case.clean, case.num_classes, generator)
    looks = [
        (trial, outputs(case.original, trial.data.images), observer(trial.data.images))
        for trial in subject.trials
    ]
    for name, changes in VARIANTS.items():
        with ExitStack() as stack:
            for place, value in changes.items():
                stack.enter_context(patch(place, value))
            stack.enter_context(patch.object(fitting, "observe", lambda *_: seen))
            fresh = fitting.fresh_head(
                observer, case.clean, case.num_classes, seed=seed
            )
            row = {"FPR": 0.0, "ASR": 0.0}
            for trial, original, (features, _, _) in looks:
                repaired = rule.softmax(fresh.head.scores(features))
                labels = rule.fused_labels(original, repaired, fresh.thresholds)
                right = labels == trial.data.labels
                if trial.poisoned:
                    shown = right if trial.triggered is None else right[trial.triggered]
                    row["ASR"] = max(row["ASR"], float(shown.mean()))
                else:
                    before = original.argmax(axis=1) == trial.data.labels
                    row["gain"] = float(right.mean() - before.mean())
                    row["FPR"] = float((labels == case.num_classes).mean())
        yield name, row


def _worst(rows: list[dict[str, float]]) -> dict[str, Cell]:
    return {
        "clean accuracy against the BadNet's": f"{100 * min(r['gain'] for r in rows):+.2f}",
        "FPR": f"{100 * max(r['FPR'] for r in rows):.2f}",
        "ASR": f"{100 * max(r['ASR'] for r in rows):.2f}",
    }


if __name__ == "__main__":
    main()
