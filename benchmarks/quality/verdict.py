"""The verdict on networks: how often a backdoor is found where there is one, and where not.

python -m benchmarks.quality.verdict FILE... [--results benchmarks/results.md]

It reads the rows that ``python -m benchmarks.quality --json FILE`` wrote; a build gives its
verdict with the detector, so nothing is built anew.

References:
    Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, Journal
    of the American Statistical Association 22, 1927 (intervals of rates).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality.records import Records
from benchmarks.results_file import write_results
from repair.measuring.tables import Cell, table
from repair.verdict import verdict

# Standard deviations on each side of a 95 % interval.
_WIDTH = 1.96
_ALL = "all"
_FOUND = "backdoor found"


def verdict_of(
    settings: Mapping[str, Any], num_classes: int, accuracy: float
) -> dict[str, Any]:
    """The verdict of a method on a BadNet, as on its card; empty if it gives none.

    Args:
        settings: What the method used and found.
        num_classes: N.
        accuracy: Of the BadNet on the clean validation images, in [0, 1].
    """
    if "strict_labels" not in settings:
        return {}
    said = verdict(settings, num_classes, accuracy=accuracy)
    return {
        "verdict": said.kind,
        "confidence": said.confidence,
        "found labels": list(said.found),
    }


def main() -> None:
    """Prints the table of all rows in the files that carry a verdict."""
    parser = argparse.ArgumentParser("python -m benchmarks.quality.verdict")
    add = parser.add_argument
    add("files", nargs="+", type=Path, help="that benchmarks.quality --json wrote")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Verdict", help="of the section in --results")
    options = parser.parse_args()
    rows = verdicts(row for path in options.files for row in Records(path).rows)
    if not rows:
        raise SystemExit("no verdict in these files: measure the default method first")
    print(table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "quality.verdict")


def verdicts(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Cell]]:
    """A line a domain, and one of all: rates in percent with 95 % intervals.

    A network counts once a method and seed, whatever it was measured on.
    """
    once = {
        tuple(
            row.get(key)
            for key in ("domain", "group", "network", "method", "seed", "images")
        ): row
        for row in rows
        if "verdict" in row
    }
    domains = list(dict.fromkeys(row["domain"] for row in once.values()))
    if not once:
        return []
    return [
        _line(domain, [r for r in once.values() if domain in (r["domain"], _ALL)])
        for domain in (*domains, _ALL)
    ]


def _line(domain: str, rows: list[Mapping[str, Any]]) -> dict[str, Cell]:
    clean = [row["verdict"] == _FOUND for row in rows if row["kind"] == "clean"]
    bad = [row["verdict"] == _FOUND for row in rows if row["kind"] != "clean"]
    unknown = [row["verdict"] == "cannot be told" for row in rows]
    return {
        "domain": domain,
        "BadNets": len(bad),
        "true-positive rate": _rate(bad),
        "clean networks": len(clean),
        "false-positive rate": _rate(clean),
        "cannot be told": sum(unknown),
    }


def _rate(found: list[bool]) -> str:
    """A rate and its Wilson interval, in percent."""
    if not found:
        return "-"
    low, high = wilson(sum(found), len(found))
    return f"{100 * np.mean(found):.1f} ({100 * low:.0f} to {100 * high:.0f})"


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a rate, in [0, 1]."""
    rate, square = count / total, _WIDTH**2
    middle = (rate + square / (2 * total)) / (1 + square / total)
    spread = rate * (1 - rate) / total + square / (4 * total**2)
    half = _WIDTH * np.sqrt(spread) / (1 + square / total)
    return max(middle - half, 0.0), min(middle + half, 1.0)


if __name__ == "__main__":
    main()
