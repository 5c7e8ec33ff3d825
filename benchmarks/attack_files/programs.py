"""The programs that are given the attack files, and what their answers mean."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
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


_ROOT = Path(__file__).resolve().parent.parent.parent
_SECONDS = 300
_RAN = "**its code ran**"
# So much address space a program may fill.
_MEMORY = 12 << 30
_OURS = """
import sys; sys.path.insert(0, sys.argv[2])
from artifacts.errors import InputError
from artifacts.quiet import import_tensorflow_quietly
import_tensorflow_quietly()
from pathlib import Path
from repair.reading.network_file import read_network
try: read_network(Path(sys.argv[1]))
except InputError: sys.exit(2)
"""
# Loads, and asks for one answer: some attacks wait for that.
_KERAS = """
import sys
import numpy as np, keras
model = keras.models.load_model(sys.argv[1], safe_mode=True)
model(np.zeros((1, 12, 10, 3), "float32"))
"""
# What their exit codes mean; any other is a failure, as is none in time.
_WORDS = {0: "nothing found", 1: "found"}
SCANNERS = {
    "picklescan": Scanner(("--path",), _WORDS, "Scanned files: 0"),
    "modelscan": Scanner(("--path",), {**_WORDS, 3: "not scanned"}),
    "modelaudit": Scanner(("scan",), _WORDS),
}


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
    trace = folder / "trace"
    ran = trace.exists()
    trace.unlink(missing_ok=True)
    return Answer(code, ran, printed)


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def of_ours(path: Path) -> str:
    """What this project says of a file."""
    answer = _run([sys.executable, "-c", _OURS, path, _ROOT], path.parent)
    words = {2: "refused", 0: "read"}
    return _RAN if answer.ran else words.get(answer.code, f"failed ({answer.code})")


def of_keras(path: Path) -> str:
    """What Keras says of it, in its safe mode."""
    answer = _run([sys.executable, "-c", _KERAS, path], path.parent)
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
