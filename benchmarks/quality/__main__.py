"""The table of a domain: methods x networks x triggers x seeds.

python -m benchmarks.quality DOMAIN --bench FOLDER [--zoo FOLDER --groups GROUP...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.quality.choice import add_choice, chosen
from benchmarks.quality.detectors import DETECTORS
from benchmarks.quality.measured import Conditions, measure
from benchmarks.quality.records import Records
from benchmarks.quality.subjects import Subject
from benchmarks.quality.summary import by_method, by_network
from benchmarks.results_file import write_results
from repair.measuring.tables import table


def main() -> None:
    """Measures what the command line asks for, prints two tables, writes the rows."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    conditions = Conditions(
        options.domain,
        options.images,
        options.unlabelled,
        options.ft_sam_epochs,
        options.strip_overlays,
        options.most,
    )
    records = Records(options.json)
    rows = []
    for subject in chosen(options):
        for method in options.methods:
            for seed in range(options.seeds):
                rows += _once(records, subject, method, seed, conditions)
    if not rows:
        raise SystemExit("nothing to measure: no network of that name or group")
    for part in (by_network(rows), by_method(rows)):
        print("\n" + table(part))
    if options.results is not None:
        for title, part in (
            (options.title, by_network(rows)),
            (f"{options.title}, by method", by_method(rows)),
        ):
            write_results(options.results, title, part, "quality")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.quality")
    add_choice(parser)
    add = parser.add_argument
    add("--methods", nargs="+", choices=DETECTORS, default=list(DETECTORS))
    add("--seeds", type=int, default=1)
    add("--images", type=int, metavar="N", help="of the clean validation data, N drawn")
    add("--unlabelled", action="store_true", help="the BadNet's answers stand in")
    add("--ft-sam-epochs", type=int, default=100)
    add("--strip-overlays", type=int, default=100)
    add("--json", type=Path, help="file for the rows; those that it has are kept")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Methods", help="of the section in --results")
    return parser


def _once(
    records: Records, subject: Subject, method: str, seed: int, conditions: Conditions
) -> list[dict[str, object]]:
    """The rows of one measurement, from the file if it has them."""
    who = conditions.of(subject, method, seed)
    if old := records.matching(who):
        return old
    rows = measure(subject, method, seed, conditions)
    records.add(rows)
    print(
        f"{subject.name}, {method}, seed {seed}: {rows[0]['seconds']} s",
        file=sys.stderr,
        flush=True,
    )
    return rows


if __name__ == "__main__":
    main()
