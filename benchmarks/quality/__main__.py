"""Methods x networks x triggers x seeds: builds each artifact and measures it.

python -m benchmarks.bench_repair --bench FOLDER [--zoo FOLDER/held_out ...]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.quality.subjects import Subject, bench_subjects, zoo_subjects
from benchmarks.results_file import write_results
from repair.dataset import Dataset
from repair.measuring.tables import Cell, table
from repair.reading.data_file import read_dataset, write_dataset
from repair.settings import METHODS, Settings

_WORST = {
    "clean accuracy": min,
    "FPR": max,
    "ASR": max,
    "detection (fooled)": min,
}


def main() -> None:
    """Measures what the command line asks for, prints a table, writes the raw rows."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    rows = []
    for subject in _subjects(options):
        for method in options.methods:
            for seed in range(options.seeds):
                rows += measure(
                    subject,
                    method,
                    seed,
                    images=options.images,
                    unlabelled=options.unlabelled,
                )
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print("\n" + table(summary(rows)))
    if options.results is not None:
        write_results(options.results, options.title, summary(rows), "bench_repair")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.bench_repair")
    add = parser.add_argument
    add(
        "--bench",
        type=Path,
        required=True,
        help="models/ and data/, as the competition's",
    )
    add("--zoo", type=Path, nargs="*", default=[], help="groups of benchmarks.attacks")
    add("--only", nargs="+", metavar="NAME", help="these networks alone")
    add("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    add("--seeds", type=int, default=1)
    add("--images", type=int, metavar="N", help="of the clean validation data, N drawn")
    add("--unlabelled", action="store_true", help="the BadNet's answers stand in")
    add("--json", type=Path, help="file for the raw rows")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Methods", help="of the section in --results")
    return parser


def _subjects(options: argparse.Namespace) -> Iterator[Subject]:
    clean = options.bench / "data" / "clean_validation_data.h5"
    zoos = [zoo_subjects(folder, clean, options.only) for folder in options.zoo]
    yield from chain(bench_subjects(options.bench, options.only), *zoos)


def measure(
    subject: Subject,
    method: str,
    seed: int,
    *,
    images: int | None = None,
    unlabelled: bool = False,
) -> list[dict[str, Any]]:
    """Builds one artifact and measures it on all of the subject's trials.

    Args:
        subject: The network and its data.
        method: One of ``settings.METHODS``.
        seed: Of the build, and of the images drawn.
        images: How many clean validation images the build may see; None = all.
        unlabelled: Whether the build sees their labels.

    Returns:
        A row per trial: the figures of the BadNet and the detector, rates in [0, 1].
    """
    from build.pipeline import build_artifact
    from build.request import Request
    from repair.measuring.evaluation import figures
    from repair.measuring.saved_detector import SavedDetector

    with tempfile.TemporaryDirectory() as folder:
        clean = subject.clean
        if images is not None:
            clean = _drawn(clean, images, seed, Path(folder) / "few.h5")
        request = Request(
            model=subject.model,
            clean=clean,
            out=Path(folder) / subject.name,
            name=subject.name,
            method=method,
            settings=Settings(seed=seed),
            unlabelled=unlabelled,
        )
        start = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):
            build_artifact(request)
        seconds = time.monotonic() - start
        detector = SavedDetector(request.out)
        rows = []
        for trial in subject.trials:
            answers = detector.answers(trial.data.images)
            badnet, _, fused = figures(trial, answers, detector.num_classes)
            before = {"BadNet clean accuracy": badnet.get("clean accuracy")}
            before["BadNet ASR"] = badnet.get("ASR")
            run = {"method": method, "seed": seed, "seconds": round(seconds)}
            rows.append({"subject": subject.name, **before, **fused, **run})
    return rows


def _drawn(clean: Path, count: int, seed: int, path: Path) -> Path:
    data = read_dataset(clean)
    chosen = np.random.default_rng(seed).permutation(len(data))[:count]
    write_dataset(path, Dataset(data.images[chosen], data.labels[chosen]))
    return path


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Cell]]:
    """Median over seeds, and in brackets the worst, for every network and dataset."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["subject"], row["data"], row["method"]), []).append(row)
    return [
        {
            "network": subject,
            "data": data,
            "method": method,
            **{key: _spread([row.get(key) for row in group], key) for key in _KEYS},
            "seconds": int(np.median([row["seconds"] for row in group])),
        }
        for (subject, data, method), group in groups.items()
    ]


def _spread(values: list[float | None], key: str) -> str:
    known = [value for value in values if value is not None and value == value]
    if not known:
        return "-"
    median = f"{100 * np.median(known):.2f}"
    worst = _WORST.get(key)
    if worst is None or len(known) == 1:
        return median
    return f"{median} ({100 * worst(known):.2f})"


_KEYS = ("BadNet clean accuracy", "BadNet ASR", *_WORST)


if __name__ == "__main__":
    main()
