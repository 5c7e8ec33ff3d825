"""What each ingredient of the default method brings: one is taken out at a time.

python -m benchmarks.quality.ablation --bench FOLDER [--only NAME...]

Every network is looked at once; all variants start from the same observations. A row shows
the worst network and trigger, so an ingredient counts if any of them needs it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.quality.subjects import Subject, face_subjects
from benchmarks.results_file import write_results
from repair.measuring.tables import Cell, table
from repair.methods.fresh_head.disturbances import FAMILIES

# What the recipe is turned into.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "a class's mean as the only prototype": {"prototypes": 1},
    "no label watched": {"watched": (0, 0)},
    "every label strayed to is watched": {"watched": (1 << 20, 1 << 20)},
    "found labels need no confirmation": {"confirmed": 0.0},
    "no label found": {"found_from": np.inf},
    "changed answers are watched, strayed or not": {"ruled_out": 0.0},
    "noise is evidence": {"evidence": tuple(FAMILIES)},
}


def main() -> None:
    """Measures all variants on all networks, and prints the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.quality.ablation")
    add = parser.add_argument
    add("--bench", type=Path, required=True, help="models/ and data/")
    add("--only", nargs="+", metavar="NAME", help="these networks alone")
    add("--seed", type=int, default=0)
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Ablation", help="of the section in --results")
    options = parser.parse_args()
    import_tensorflow_quietly()
    found: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    for subject in face_subjects(options.bench):
        if options.only is None or subject.name in options.only:
            for name, row in measure(subject, options.seed):
                found[name].append(row)
    rows = [{"variant": name, **_worst(each)} for name, each in found.items()]
    print(table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "quality.ablation")


def measure(subject: Subject, seed: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Each variant's figures on one network, rates in [0, 1]."""
    from repair import rule
    from repair.methods.fresh_head.features import Observer
    from repair.methods.fresh_head.fitting import fit_to
    from repair.methods.fresh_head.observations import observe
    from repair.methods.fresh_head.recipe import recipe_for
    from repair.network.cut import choose_layer
    from repair.network.inference import outputs
    from repair.reading.case import read_case

    case = read_case(subject.model, subject.clean)
    recipe = recipe_for(case.num_classes, len(case.clean))
    observer = Observer(
        case.original, choose_layer(case.original)[0], recipe.max_features
    )
    generator = np.random.default_rng(seed)
    seen = observe(observer, case.clean, case.num_classes, recipe, generator)
    trials = [
        (trial, outputs(case.original, trial.data.images), observer(trial.data.images))
        for trial in subject.trials
    ]
    for name, changes in VARIANTS.items():
        fresh = fit_to(seen, replace(recipe, **changes))
        row = {"FPR": 0.0, "ASR": 0.0}
        for trial, original, look in trials:
            repaired = rule.softmax(fresh.head.scores(look.features))
            labels = rule.fused_labels(original, repaired, fresh.findings.thresholds)
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
