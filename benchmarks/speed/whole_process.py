"""Whole processes, seen from outside: seconds and peak memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from repair.process.progress import progress

ROOT = Path(__file__).resolve().parents[2]
# Arguments of Python, and the exit code expected.
Command = tuple[Sequence[object], int]


def run(arguments: Sequence[object], expected: int = 0) -> float:
    """Runs a fresh Python from the root of the project.

    Args:
        arguments: Of Python; what it prints is thrown away.
        expected: Its exit code.

    Returns:
        Seconds.

    Raises:
        RuntimeError: If it ends otherwise.
    """
    start = time.perf_counter()
    code = subprocess.call(  # noqa: S603
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - start
    if code != expected:
        raise RuntimeError(f"{arguments!r}: exit code {code}")
    return seconds


# Linux counts what a process held before it became another program as well, so the one
# that starts the measured one must be small.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10)
"""


def peak_memory_of(arguments: Sequence[object]) -> int:
    """The peak of the resident memory, in bytes, of a fresh Python."""
    words = [sys.executable, *map(str, arguments)]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _PEAK, *words],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return int(done.stdout)


def medians(commands: Mapping[str, Command], runs: int, label: str) -> dict[str, float]:
    """Median seconds of commands that take turns; the first round does not count.

    Args:
        commands: Arguments and expected exit code of each.
        runs: Rounds that count.
        label: For the progress bar.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in progress(range(runs + 1), label=label):
        for name, (arguments, expected) in commands.items():
            seconds[name].append(run(arguments, expected))
    return {name: statistics.median(each[1:]) for name, each in seconds.items()}
