"""Labels very many images, and starts very often: does anything grow, or change?

python -m benchmarks.soak [--artifact FOLDER] [--images N] [--starts N]

Three parts, a row each: the eval script started anew each time (its largest memory is
shown), one process that labels an HDF5 file over and over, and the C library called in this
very process (both seen from the second pass on, when all is loaded). Linux only.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from artifacts.card import read_card
from artifacts.reading.images import read_image
from artifacts.runtime.load import load
from benchmarks.speed.process_state import memory_over_time, over_time, state
from build.formats.probes import probes
from repair.measuring.tables import Cell, table

ROOT = Path(__file__).resolve().parents[2]
PASS = 5_000
_BATCH = 250
_FACES = ("clean_image.png", "test_image.png")


def main() -> None:
    """Runs the parts one after the other, and prints the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.soak")
    add = parser.add_argument
    add("--artifact", type=Path, default=ROOT / "artifacts" / "multi")
    add("--images", type=int, default=100_000, help=f"a multiple of {PASS:,}")
    add("--starts", type=int, default=1_000)
    options = parser.parse_args()
    rows = []
    if options.starts:  # first: what this process has held would count as theirs
        rows.append(cold_starts(options.artifact, options.starts))
    if passes := options.images // PASS:
        size = read_card(options.artifact)["input"]
        images = faces((size["rows"], size["columns"]), PASS)
        rows.append(one_process(options.artifact, images, passes))
        rows.append(c_library(options.artifact, images, passes))
    print(table(rows))


def faces(size: tuple[int, int], count: int) -> np.ndarray:
    """The two committed faces under made-up patterns, from hardly to wholly covered.

    Returns:
        ``(count, rows, columns, 3)`` uint8.
    """
    paths = [ROOT / "data" / name for name in _FACES]
    both = np.stack([read_image(path, size, resize=True) for path in paths])
    share = np.linspace(0, 1, count)[:, None, None, None]
    patterns = probes((*size, 3), count, seed=0)
    mixed = (1 - share) * both[np.arange(count) % 2] + share * patterns
    return mixed.astype(np.uint8)


def one_process(artifact: Path, images: np.ndarray, passes: int) -> dict[str, Cell]:
    """``python -m artifacts`` on one HDF5 file, given again and again."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "images.h5"
        with h5py.File(path, "w") as file:
            file["data"] = np.moveaxis(images, 3, 1)
        command = [sys.executable, "-m", "artifacts", str(artifact)]
        command += [str(path)] * passes
        start = time.perf_counter()
        with subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None  # noqa: S101
            labels, states = [], []
            for line in process.stdout:
                labels.append(int(line.split("\t")[0]))
                if len(labels) > PASS and len(labels) % 1_000 == 0:
                    states.append(state(process.pid))
    seconds = time.perf_counter() - start
    found = np.array(labels).reshape(passes, len(images))
    return _row("python -m artifacts FILE.h5", found, seconds, over_time(states))


def c_library(artifact: Path, images: np.ndarray, passes: int) -> dict[str, Cell]:
    """The loaded detector, called in this process."""
    detect = load(artifact)
    start = time.perf_counter()
    every, states = [], []
    for turn in range(passes):
        parts = [detect(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
        every.append(np.concatenate(parts))
        if turn:
            states.append(state(os.getpid()))
    seconds = time.perf_counter() - start
    return _row("load(FOLDER)(images)", np.stack(every), seconds, over_time(states))


def cold_starts(artifact: Path, starts: int) -> dict[str, Cell]:
    """A fresh process for one image each time.

    Raises:
        SystemExit: If one of them fails.
    """
    code = f"from artifacts.detector import main; main({artifact.name!r})"
    command = [sys.executable, "-c", code, str(ROOT / "data" / _FACES[1])]
    labels, most = [], []
    begun = time.perf_counter()
    for _ in range(starts):
        with subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None  # noqa: S101
            labels.append(int(process.stdout.read()))
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"start {len(labels)} ended with {process.returncode}")
        most.append(usage.ru_maxrss << 10)
    seconds = time.perf_counter() - begun
    found = np.array(labels)[:, None]
    return _row("eval script, cold", found, seconds, memory_over_time(most))


def _row(
    name: str, labels: np.ndarray, seconds: float, held: dict[str, Cell]
) -> dict[str, Cell]:
    """A line of the table; ``labels`` is (passes, images)."""
    return {
        "part": name,
        "images": labels.size,
        "labels": len(np.unique(labels)),
        "unlike first pass": int((labels != labels[0]).sum()),
        "seconds": f"{seconds:.0f}",
        "a second": f"{labels.size / seconds:,.1f}",
        **held,
    }


if __name__ == "__main__":
    main()
