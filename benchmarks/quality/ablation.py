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

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.quality.subjects import Subject, face_subjects
from benchmarks.results_file import write_results
from repair.measuring.tables import Cell, table
from repair.methods.witnesses.looks.disturbances import FAMILIES

# What the recipe is turned into.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "nothing pruned": {"used": ("twin", "pixels", "suspicion")},
    "no twin": {"used": ("pruning", "pixels", "suspicion")},
    "no pixels": {"used": ("pruning", "twin", "suspicion")},
    "no suspicion": {"used": ("pruning", "twin", "pixels")},
    "the head alone": {"used": ()},
    "a class's mean as the only prototype": {"prototypes": 1},
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
    from repair.methods.witnesses.fitting import fit_witnesses
    from repair.methods.witnesses.method import as_repair
    from repair.methods.witnesses.recipe import recipe_for
    from repair.network.inference import outputs
    from repair.reading.case import read_case
    from repair.rule import fused_labels

    case = read_case(subject.model, subject.clean)
    recipe = recipe_for(case.num_classes, len(case.clean))
    for name, changes in VARIANTS.items():
        varied = replace(recipe, **changes)
        heard = fit_witnesses(case.original, case.clean, varied, seed=seed)
        repair = as_repair(case.original, heard, varied)
        networks = (repair.repaired, *repair.witnesses.values())
        row = {"FPR": 0.0, "ASR": 0.0}
        for trial in subject.trials:
            original = outputs(case.original, trial.data.images)
            answers = [outputs(network, trial.data.images) for network in networks]
            labels = fused_labels(original, answers, repair.rule)
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
