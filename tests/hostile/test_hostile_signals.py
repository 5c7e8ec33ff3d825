"""Signals at chosen moments: while modules are imported, and when all is done."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from test_hostile_surroundings import REFUSED, signals_as_usual
from toys import PATIENCE, ROOT, Answer

# Runs at the start of every Python: sends a signal as soon as a module is looked for.
HOOK = """
import atexit, os, signal, sys
def stop():
    os.kill(os.getpid(), getattr(signal, os.environ["STOP_BY"]))
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["STOP_AT"]:
            stop()
sys.meta_path.insert(0, Finder())
if os.environ["STOP_AT"] == "the end":
    atexit.register(stop)
"""


def stopped(tmp_path: Path, at: str, by: str, *arguments: object) -> Answer:
    place = tmp_path / "hook"
    place.mkdir()
    (place / "sitecustomize.py").write_text(HOOK)
    more = {"STOP_AT": at, "STOP_BY": by, "PYTHONPATH": str(place)}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=signals_as_usual,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


# A command -> what it imports after its first lines.
EARLY = {
    "artifacts": "artifacts.detector",
    "artifacts.ray": "artifacts.progress",
    "build": "build.several",
    "repair accuracy": "repair.commands.parser",
}


@pytest.mark.parametrize("by", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("name", EARLY)
def test_a_signal_while_it_is_imported_is_one_line(tmp_path, name, by):
    if name == "artifacts.ray" and find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    package, *words = name.split()
    command = ("-m", package, *words, *REFUSED[name])
    answer = stopped(tmp_path, EARLY[name], by, *command)
    assert answer == Answer(130, "", "error: interrupted.\n")


@pytest.mark.parametrize("name", ["accuracy", "inspect", "build", "why"])
def test_a_signal_while_tensorflow_is_imported_is_one_line(
    files, artifact, tmp_path, name
):
    network, clean, out = files / "badnet.h5", files / "clean.h5", tmp_path / "out"
    command: dict[str, tuple[object, ...]] = {
        "accuracy": ("repair", "accuracy", network, clean),
        "inspect": ("repair", "inspect", network, clean, "--out", out),
        "build": ("build", "--model", network, "--clean", clean, "--out", out),
        "why": ("artifacts", artifact, "data/test_image.png", "--why"),
    }
    answer = stopped(tmp_path, "tensorflow", "SIGINT", "-m", *command[name])
    assert (answer.code, answer.out) == (130, "")
    assert len(answer.err.splitlines()) == 1
    assert "interrupted" in answer.err
    # Only who writes something has something to say of what was there.
    assert ("older" in answer.err) == (name in ("inspect", "build"))
    assert not out.exists()


@pytest.mark.parametrize("by", ["SIGINT", "SIGTERM"])
def test_a_signal_when_all_is_done_changes_nothing(tmp_path, by):
    answer = stopped(tmp_path, "the end", by, "eval_multi.py", "data/test_image.png")
    assert answer == Answer(0, "1283\n", "")


def test_what_a_destructor_swallows_is_not_shown():
    """A KeyboardInterrupt can not leave a destructor; it is remembered instead."""
    code = """
import os, signal
from artifacts.streams import check_interrupted
from repair.process.run import run
class Late:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        list(range(100))
def action():
    late = Late()
    del late
    check_interrupted()
run(action)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=signals_as_usual,
    )
    assert done.returncode == 130
    assert done.stderr == "interrupted; older artifacts stay as they were\n"
