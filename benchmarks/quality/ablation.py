"""What each ingredient of the default method brings: one is taken out at a time.

python -m benchmarks.quality.ablation DOMAIN --bench FOLDER [--zoo FOLDER] [--only NAME...]

The table shows the mean over networks and triggers, and the worst of them, so an ingredient
counts if any of them needs it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.quality.choice import add_choice, chosen
from benchmarks.quality.measured import Conditions, trial_rows
from benchmarks.quality.records import Records
from benchmarks.quality.subjects import Subject
from benchmarks.quality.summary import by_method
from benchmarks.results_file import write_results
from repair.measuring.tables import table
from repair.methods.witnesses.looks.disturbances import FAMILIES
from repair.methods.witnesses.recipe import Recipe

# What the recipe is turned into.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    **{
        f"no {each}": {"used": tuple(x for x in Recipe.used if x != each)}
        for each in Recipe.used
    },
    "the head alone": {"used": ()},
    "a class's mean as the only prototype": {"prototypes": 1},
    "noise is evidence": {"evidence": tuple(FAMILIES)},
}


def main() -> None:
    """Measures all variants on all networks, and prints the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.quality.ablation")
    add_choice(parser)
    add = parser.add_argument
    add("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    add("--seed", type=int, default=0)
    add("--json", type=Path, help="file for the rows; those that it has are kept")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Ablation", help="of the section in --results")
    options = parser.parse_args()
    import_tensorflow_quietly()
    records = Records(options.json)
    conditions = Conditions(options.domain, most=options.most)
    rows: list[dict[str, Any]] = []
    for subject in chosen(options):
        for name in options.variants:
            who = conditions.of(subject, name, options.seed)
            found = records.matching(who)
            if not found:
                found = measure(subject, VARIANTS[name], who)
                records.add(found)
            rows += found
            print(table(by_method(rows)), flush=True)
    if options.results is not None:
        write_results(
            options.results, options.title, by_method(rows), "quality.ablation"
        )


def measure(
    subject: Subject, changes: Mapping[str, Any], who: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """One variant's rows on one network.

    Args:
        subject: The network and its data.
        changes: To the recipe.
        who: What each row says of the measurement; the variant is its method.
    """
    from repair.methods.witnesses.fitting import fit_witnesses
    from repair.methods.witnesses.method import as_repair
    from repair.methods.witnesses.recipe import recipe_for
    from repair.network.inference import outputs
    from repair.reading.case import read_case
    from repair.rule import fused_labels

    case = read_case(subject.model, subject.clean)
    recipe = replace(recipe_for(case.num_classes, len(case.clean)), **changes)
    start = time.monotonic()
    heard = fit_witnesses(case.original, case.clean, recipe, seed=who["seed"])
    repair = as_repair(case.original, heard, recipe)
    networks = (repair.repaired, *repair.witnesses.values())

    def labels_of(images: np.ndarray) -> np.ndarray:
        answers = [outputs(network, images) for network in networks]
        return fused_labels(outputs(case.original, images), answers, repair.rule)

    seconds = round(time.monotonic() - start)
    return trial_rows(subject, case, labels_of, {**who, "seconds": seconds})


if __name__ == "__main__":
    main()
