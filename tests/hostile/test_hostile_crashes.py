"""Out of memory, two builds at once, a clock that runs backwards: nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from toys import PATIENCE, ROOT, SHAPE, build_options, run_python

from artifacts.card import verify
from artifacts.reading import images as images_module
from build import pipeline
from repair.commands import data, inspect, networks

QUICK = ("--method", "reference", "--fraction", 0.25, "--epochs", 0)
TOO_LITTLE = [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM")]


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def failing(reason: Exception):
    def fail(*_: object, **__: object) -> None:
        raise reason

    return fail


@pytest.mark.parametrize("reason", TOO_LITTLE, ids=["numpy", "tensorflow"])
@pytest.mark.parametrize("step", ["read_case", "repair_network", "fuse", "export"])
def test_build_without_memory_keeps_the_old(
    run_here, artifact, files, tmp_path, monkeypatch, step, reason
):
    folder = tmp_path / "toy"
    shutil.copytree(artifact, folder)
    monkeypatch.setattr(pipeline, step, failing(reason))
    answer = run_here("build", *build_options(files, folder))
    assert answer.code == 1
    assert answer.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in answer.err
    assert "memory" in answer.err or "OOM" in answer.err
    assert content(folder) == content(artifact)
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("reason", TOO_LITTLE, ids=["numpy", "tensorflow"])
def test_commands_without_memory_say_one_line(
    run_here, files, tmp_path, monkeypatch, reason
):
    monkeypatch.setattr(data, "contact_sheet", failing(reason))
    monkeypatch.setattr(inspect, "inspect_network", failing(reason))
    monkeypatch.setattr(networks, "repair_network", failing(reason))
    clean, model = files / "clean.h5", files / "badnet.h5"
    shape = ("--image-shape", *SHAPE)
    for command in (
        ("sheet", clean, "--out", tmp_path / "sheet.png", *shape),
        ("inspect", model, clean, "--out", tmp_path),
        ("fine-prune", model, "--clean", clean, "--out", tmp_path, *QUICK),
        ("defence", model, "--clean", clean, *QUICK),
    ):
        answer = run_here("repair", *command)
        assert answer.code == 1
        assert "out of memory" in answer.error
    assert not list(tmp_path.iterdir())


# Leaves 64 MiB beside what is loaded already, and then runs a command.
LITTLE = """
import resource, runpy, sys
import h5py, numpy, repair.commands.data
from pathlib import Path
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + (64 << 20),) * 2)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


def test_a_file_larger_than_memory_is_one_line(tmp_path):
    faces = np.random.default_rng(0).integers(0, 256, (1000, 3, 12, 10), np.uint8)
    with h5py.File(tmp_path / "large.h5", "w") as file:
        data = file.create_dataset("data", (400_000, 3, 12, 10), "u1")
        for start in range(0, len(data), 1000):
            data[start : start + 1000] = faces
        file["label"] = np.arange(len(data)) % 5
    arguments = ("repair", "check", tmp_path / "large.h5", "--image-shape", *SHAPE)
    answer = run_python("-c", LITTLE, *arguments)
    assert answer.code in (1, 2)
    assert "memory" in answer.error or "allocate" in answer.error


def test_labelling_without_memory_says_one_line(
    run_here, artifact, tmp_path, monkeypatch
):
    pixels = np.zeros(SHAPE, np.uint8)
    for name in ("0.png", "1.png"):
        Image.fromarray(pixels).save(tmp_path / name)
    monkeypatch.setattr(images_module, "_of_mode", failing(MemoryError()))
    for inputs in ([tmp_path / "0.png"], [tmp_path / "0.png", tmp_path / "1.png"]):
        answer = run_here("artifacts", artifact, *inputs)
        assert answer.code == 2
        assert "out of memory" in answer.error
    out = tmp_path / "labels.txt"
    answer = run_here("artifacts", artifact, tmp_path, "--output", out)
    assert answer.code == 2
    assert "--resume" in answer.error
    assert not out.exists()


def test_of_two_builds_at_once_one_is_whole(artifact, files, tmp_path):
    """The second is refused, or comes after the first; both make the same bytes."""
    folder = tmp_path / "toy"
    command = [sys.executable, "-m", "build", *build_options(files, folder)]
    both = [
        subprocess.Popen(
            list(map(str, command)), cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [building.communicate(timeout=PATIENCE)[1] for building in both]
    codes = [building.returncode for building in both]
    assert sorted(codes) in ([0, 0], [0, 1])
    for code, err in zip(codes, said, strict=True):
        assert "Traceback" not in err
        assert code == 0 or "another build is at work here" in err
    verify(folder)
    assert content(folder) == content(artifact)
    assert list(tmp_path.iterdir()) == [folder]


# Every look at the clock finds it an hour earlier than before.
BACKWARDS = """
import itertools, runpy, sys, time
hours = itertools.count()
real = time.time
time.time = lambda: real() - 3600 * next(hours)
time.time_ns = lambda: int(time.time() * 1e9)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


def test_a_clock_that_runs_backwards_changes_nothing(artifact, files, tmp_path):
    folder = tmp_path / "toy"
    leftover = tmp_path / ".toy.building"
    leftover.mkdir()
    (leftover / "card.json").write_text("{")
    far = 4_102_444_800  # the year 2100
    for path in (leftover / "card.json", leftover):
        os.utime(path, (far, far))
    answer = run_python("-c", BACKWARDS, "build", *build_options(files, folder))
    assert answer.code == 0, answer.err
    assert json.loads(content(folder)["card.json"])["name"] == "toy"
    assert content(folder) == content(artifact)
    assert list(tmp_path.iterdir()) == [folder]
