"""What a running process holds at a moment, as Linux tells it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from repair.measuring.tables import Cell

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class State:
    """Resident memory in bytes, number of open files and of threads."""

    memory: int
    files: int
    threads: int


def state(process: int) -> State:
    """The state of a process of this user, by its id."""
    place = Path("/proc") / str(process)
    pages = int((place / "statm").read_text().split()[1])
    files, threads = (len(list((place / name).iterdir())) for name in ("fd", "task"))
    return State(pages * _PAGE, files, threads)


def memory_over_time(resident: Sequence[int]) -> dict[str, Cell]:
    """First, middle, last and largest of what was seen, in bytes, as columns in MB."""
    middle = len(resident) // 2
    chosen = {
        "first": resident[0],
        "half": resident[middle],
        "last": resident[-1],
        "most": max(resident),
    }
    return {f"MB {name}": f"{bytes_ / 1e6:.0f}" for name, bytes_ in chosen.items()}


def over_time(states: Sequence[State]) -> dict[str, Cell]:
    """The same for states, with open files and threads, first to last."""
    first, last = states[0], states[-1]
    return {
        **memory_over_time([each.memory for each in states]),
        "open files": f"{first.files} to {last.files}",
        "threads": f"{first.threads} to {last.threads}",
    }
