"""Whole processes, seen from outside: seconds and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from repair.progress import progress

ROOT = Path(__file__).resolve().parent.parent
# Arguments of Python, and the exit code expected.
Command = tuple[Sequence[object], int]


def run(arguments: Sequence[object], expected: int = 0) -> tuple[float, int]:
    """Runs a fresh Python from the root of the project.

    Args:
        arguments: Of Python; what it prints is thrown away.
        expected: Its exit code.

    Returns:
        Seconds, and the peak of its resident memory in bytes.

    Raises:
        RuntimeError: If it ends otherwise.
    """
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        raise RuntimeError(f"{arguments!r}: exit code {process.returncode}")
    return seconds, usage.ru_maxrss << 10


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
            seconds[name].append(run(arguments, expected)[0])
    return {name: statistics.median(each[1:]) for name, each in seconds.items()}
