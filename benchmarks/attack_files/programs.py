"""The programs that are given the attack files, and what their answers mean."""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple


class Scanner(NamedTuple):
    """A program that looks for attacks in model files.

    Attributes:
        arguments: What stands before the file.
        words: Exit code -> what it means.
        nothing: What it prints where it did not look at the file.
    """

    arguments: tuple[str, ...]
    words: dict[int, str]
    nothing: str = "\0"


class Answer(NamedTuple):
    """What a program did with a file: its exit code, -1 for none in time, and more."""

    code: int
    ran: bool  # the file's own code
    printed: str


_SECONDS = 300
# So much address space a program may fill.
_MEMORY = 12 << 30
_RAN = "**its code ran**"
# Processes that are forked from one in which what takes long is imported, and nothing run.
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["keras", "repair.reading.network_file"])
# What their exit codes mean; any other is a failure, as is none in time.
_WORDS = {0: "nothing found", 1: "found"}
SCANNERS = {
    "picklescan": Scanner(("--path",), _WORDS, "Scanned files: 0"),
    "modelscan": Scanner(("--path",), {**_WORDS, 3: "not scanned"}),
    "modelaudit": Scanner(("scan",), _WORDS),
}


def _asked(question: Callable[[Path], int], path: Path) -> Answer:
    process = _FORKED.Process(target=_alone, args=(question, path))
    process.start()
    process.join(_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
    return Answer(process.exitcode or 0, _ran(path.parent), "")


def _alone(question: Callable[[Path], int], path: Path) -> None:
    os.chdir(path.parent)
    _bounded()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.exit(question(path))


def _read(path: Path) -> int:
    from artifacts.errors import InputError
    from repair.reading.network_file import read_network

    try:
        read_network(path)
    except InputError:
        return 2
    return 0


def _load(path: Path) -> int:
    """Loads, and asks for one answer: some attacks wait for that."""
    import keras
    import numpy as np

    network = keras.models.load_model(path, safe_mode=True)
    network(np.zeros((1, 12, 10, 3), "float32"))
    return 0


def _run(command: Sequence[object], folder: Path) -> Answer:
    try:
        done = subprocess.run(  # noqa: S603
            [str(part) for part in command],
            cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False,
            env={**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1"},
            preexec_fn=_bounded,
        )  # fmt: skip
        code, printed = done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        code, printed = -1, ""
    return Answer(code, _ran(folder), printed)


def _ran(folder: Path) -> bool:
    trace = folder / "trace"
    there = trace.exists()
    trace.unlink(missing_ok=True)
    return there


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def of_ours(path: Path) -> str:
    """What this project says of a file."""
    answer = _asked(_read, path)
    words = {2: "refused", 0: "read"}
    return _RAN if answer.ran else words.get(answer.code, f"failed ({answer.code})")


def of_keras(path: Path) -> str:
    """What Keras says of it, in its safe mode."""
    answer = _asked(_load, path)
    if answer.ran:
        return _RAN
    code = answer.code
    return "loaded" if code == 0 else "killed" if code < 0 else "refused"


def of_scanner(place: Path, path: Path) -> str:
    """What a scanner says of it: the one of ``SCANNERS`` that this program is."""
    scanner = SCANNERS[place.name]
    answer = _run([place, *scanner.arguments, path], path.parent)
    if answer.ran:
        return _RAN
    if scanner.nothing in answer.printed:
        return "not scanned"
    return scanner.words.get(answer.code, "failed")
