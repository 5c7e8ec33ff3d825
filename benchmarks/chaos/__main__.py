"""Loads an artifact that is replaced all the time, and counts whose labels came out.

python -m benchmarks.chaos ONE OTHER --runs 1000

Both must take images of one size. Three ways to replace it take turns: the folder is
exchanged, its files are overwritten one by one, and it is removed and copied anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from itertools import cycle
from pathlib import Path

from artifacts.card import read_artifact
from repair.measuring.tables import Cell, table

_LOADS = 20  # a process
_PAUSE = 0.02  # seconds in which it is whole
# Loads again and again, and prints the labels of made-up images, or why there are none.
_LOAD = """
import json, sys
from pathlib import Path
import numpy as np
from artifacts.detector import DetectorError, load
folder, runs, *shape = Path(sys.argv[1]), *map(int, sys.argv[2:])
images = np.random.default_rng(0).integers(0, 256, (32, *shape), np.uint8)
for _ in range(runs):
    try:
        print(json.dumps(load(folder)(images).tolist()))
    except DetectorError as reason:
        print(json.dumps(str(reason)))
"""


def main() -> None:
    """Counts, and prints a row."""
    options = _parser().parse_args()
    folders = [options.one, options.other]
    shape = read_artifact(options.one).image_shape
    known = [_answers(folder, 1, shape)[0] for folder in folders]
    with tempfile.TemporaryDirectory() as home:
        place, stop = Path(home) / "toy", threading.Event()
        shutil.copytree(options.one, place)
        replacing = threading.Thread(target=_replace, args=(place, folders, stop))
        replacing.start()
        counts: Counter[str] = Counter()
        while counts.total() < options.runs:
            for answer in _answers(place, _LOADS, shape):
                counts[_kind(answer, known)] += 1
        stop.set()
        replacing.join()
    row: dict[str, Cell] = {name: counts[name] for name in ("one", "other", "refused")}
    print(table([{"loads": counts.total(), **row, "wrong": counts["wrong"]}]))
    sys.exit(1 if counts["wrong"] else 0)


def _answers(folder: Path, runs: int, shape: tuple[int, ...]) -> list[list[int] | str]:
    arguments = [str(folder), str(runs), *map(str, shape)]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _LOAD, *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def _kind(answer: list[int] | str, known: list[list[int] | str]) -> str:
    if isinstance(answer, str):
        return "refused"
    return ("one", "other")[known.index(answer)] if answer in known else "wrong"


def _replace(place: Path, folders: list[Path], stop: threading.Event) -> None:
    """Until told to stop."""
    for turn, source in enumerate(cycle(reversed(folders))):
        if stop.is_set():
            return
        new, old = place.with_name("new"), place.with_name("old")
        if turn // 2 % 3 == 0:
            shutil.copytree(source, new)
            place.rename(old)
            new.rename(place)
            shutil.rmtree(old)
        elif turn // 2 % 3 == 1:
            for path in sorted(source.rglob("*")):
                if path.is_file():
                    shutil.copyfile(path, place / path.relative_to(source))
        else:
            shutil.rmtree(place)
            shutil.copytree(source, place)
        stop.wait(_PAUSE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.chaos")
    add = parser.add_argument
    add("one", type=Path, metavar="ONE", help="an artifact")
    add("other", type=Path, metavar="OTHER", help="another of the same size of images")
    add("--runs", type=int, default=1000, help="loads (%(default)s)")
    return parser


if __name__ == "__main__":
    main()
