"""How often the hottest place of an explanation lies on the trigger.

python -m benchmarks.quality.heat [--bench BENCH --artifacts FOLDER]

Triggers are stamped onto clean images, so that it is known which pixels they change. Only
images that the detector flags are looked at. Without options: the demo's people and the
artifacts in ``artifacts/``. A combined trigger is stamped whole.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import NamedTuple

import h5py
import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from artifacts.why.asking import Explainer
from artifacts.why.heat import heat
from benchmarks.results_file import write_results
from build.catalogue import NETWORKS
from build.demo.attacks import ATTACKS
from build.demo.faces.rendering import render_people
from build.demo.plan import FIRST_TEST
from build.demo.triggers import stamp
from repair.measuring.tables import Cell, table
from repair.process.progress import progress

# A pixel this near to the trigger is said to be beside it.
_BESIDE = 2
_SUNGLASSES = ("sunglasses",)
_ALL = ("sunglasses", "eyebrows", "lipstick")
_BENCH = {
    "sunglasses": _SUNGLASSES,
    "multi": _ALL,
    "anonymous_1": ("lipstick",),
    "anonymous_2": _ALL,
}


class Subject(NamedTuple):
    """Images with a trigger, and the detector that is asked.

    Attributes:
        name: Network and trigger.
        artifact: Folder of the detector.
        images: ``(n, rows, columns, 3)`` uint8.
        trigger: ``(n, rows, columns)`` bool, the pixels that the trigger changed.
    """

    name: str
    artifact: Path
    images: np.ndarray
    trigger: np.ndarray


def main() -> None:
    """Measures and prints a table."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    subjects = _demo(options.count)
    if options.bench is not None:
        subjects = _bench(options.bench, options.artifacts, options.count, options.seed)
    rows = []
    for subject in subjects:
        rows.append(_measured(subject))
        print(table(rows[-1:]), flush=True)
    print(table(rows))
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if options.results is not None:
        title = f"Where the heat is, {'bench' if options.bench else 'demo'}"
        write_results(options.results, title, rows, "quality.heat")


def _measured(subject: Subject) -> dict[str, Cell]:
    detector = Explainer(subject.artifact)
    n = detector.num_classes
    flagged = np.flatnonzero(detector(subject.images)["label"] == n)
    on, beside, local = [], [], []
    for index in progress(flagged, label=subject.name):
        found = heat(detector, subject.images[index], n)
        on.append(subject.trigger[index][found.hottest])
        beside.append(_widened(subject.trigger[index])[found.hottest])
        local.append(found.local)
    return {
        "subject": subject.name,
        "flagged": len(flagged),
        "hottest on trigger": float(np.mean(on)),
        f"within {_BESIDE} pixels": float(np.mean(beside)),
        "called local": float(np.mean(local)),
    }


def _widened(mask: np.ndarray) -> np.ndarray:
    wide = np.pad(mask, _BESIDE)
    side = 2 * _BESIDE + 1
    around = np.lib.stride_tricks.sliding_window_view(wide, (side, side))
    return np.asarray(around.any(axis=(2, 3)))


def _demo(count: int) -> Iterator[Subject]:
    images = range(FIRST_TEST, FIRST_TEST + 1)
    faces = render_people(0, count, images, label="faces")
    for name, entry in NETWORKS.items():
        for attack in ATTACKS[entry.stem]:
            others = faces[np.flatnonzero(faces.labels != attack.target)]
            stamped = stamp(others, attack.triggers)
            changed = (stamped != others.pixels).any(axis=3)
            title = f"{name}, {' and '.join(attack.triggers)}"
            yield Subject(title, Path("artifacts") / name, stamped, changed)


def _bench(bench: Path, artifacts: Path, count: int, seed: int) -> Iterator[Subject]:
    apply_trigger = run_path(str(bench / "triggers.py"))["apply_trigger"]
    with h5py.File(bench / "data" / "clean_test_data.h5") as file:
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(len(file["label"]), count, replace=False))
        clean = np.moveaxis(file["data"][chosen], 1, 3)
        left, right = (file[key][chosen] for key in ("landmarks", "landmarks_right"))
    for stem, triggers in _BENCH.items():
        for name in triggers:
            stamped = apply_trigger(name, clean, left, right)
            changed = (stamped != clean).any(axis=3)
            yield Subject(f"{stem}, {name}", artifacts / stem, stamped, changed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.quality.heat")
    add = parser.add_argument
    add("--bench", type=Path, help="has data/clean_test_data.h5 and triggers.py")
    add("--artifacts", type=Path, help="folder of the bench's four detectors")
    add("--count", type=int, default=50, help="images a trigger (%(default)s)")
    add("--seed", type=int, default=1, help="which images (%(default)s)")
    add("--json", type=Path, help="file for the rows")
    add("--results", type=Path, help="Markdown file; the section is put anew")
    return parser


if __name__ == "__main__":
    main()
