"""Many images: folders, patterns, lists, HDF5; formats; output that can be resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import ROOT, SHAPE, Answer, run_python
from PIL import Image

from artifacts import detector, many, model
from artifacts.results import OutputFile

ROWS, COLUMNS, _ = SHAPE
COUNT = 30


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (COUNT, *SHAPE), np.uint8)


@pytest.fixture(scope="module")
def expected(artifact, images) -> list[int]:
    return model.load(artifact)(images).tolist()


@pytest.fixture
def folder(tmp_path, images) -> Path:
    """Images 0..29 in the order of their names, in two folders, with other files."""
    for number, image in enumerate(images):
        place = tmp_path / "faces" / f"{number // 20}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number:02}.png")
    (tmp_path / "faces" / "notes.txt").write_text("no image")
    (tmp_path / "faces" / ".hidden.png").write_text("no image")
    return tmp_path / "faces"


def hdf5(path: Path, images: np.ndarray, **options: object) -> Path:
    with h5py.File(path, "w") as file:
        data = np.moveaxis(images, 3, 1)
        file.create_dataset("data", data=data, chunks=(4, *data.shape[1:]), **options)
    return path


@pytest.fixture
def label(artifact, monkeypatch, capfd):
    """``python -m artifacts FOLDER ...`` in this very process."""

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["x", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            import argparse

            parser = argparse.ArgumentParser()
            detector.run(artifact, detector.with_inputs(parser))
        said = capfd.readouterr()
        return Answer(stop.value.code, said.out, said.err)

    return run


def labels(text: str) -> list[int]:
    return [int(line.split("\t")[0]) for line in text.splitlines()]


def test_folder_in_the_order_of_names(label, folder, expected):
    answer = label(folder)
    assert (answer.code, answer.err) == (0, "")
    assert labels(answer.out) == expected
    paths = [line.split("\t")[1] for line in answer.out.splitlines()]
    assert paths == [str(folder / f"{i // 20}" / f"{i:02}.png") for i in range(COUNT)]


def test_pattern_and_list(label, folder, expected, tmp_path):
    answer = label(folder / "**" / "0*.png")
    assert labels(answer.out) == expected[:10]
    listed = "\n".join(str(folder / "1" / f"{i}.png") for i in (22, 21, 22)) + "\n"
    answer = subprocess.run(
        [sys.executable, ROOT / "eval_multi.py", "-", "--json"],
        input=listed,
        text=True,
        capture_output=True,
        check=False,
    )
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [Path(row["path"]).stem for row in rows] in ([], ["22", "21", "22"])
    assert bool(rows) == (SHAPE == (55, 47, 3)), "the committed artifact has its size"


@pytest.mark.parametrize("kind", ["uint8", "float32", "gzip"])
def test_hdf5(label, images, expected, tmp_path, kind):
    options = {"compression": "gzip"} if kind == "gzip" else {}
    stored = images.astype(np.float32) if kind == "float32" else images
    path = hdf5(tmp_path / "faces.h5", stored, **options)
    answer = label(path)
    assert (answer.code, answer.err) == (0, "")
    assert labels(answer.out) == expected
    assert answer.out.splitlines()[3].endswith(f"\t{path}#3")


def test_one_bad_image_of_an_hdf5_file_spoils_no_other(
    label, images, expected, tmp_path
):
    wild = images.astype(np.float32)
    wild[7, 0, 0, 0] = np.nan
    wild[9, 0, 0, 0] = 256
    answer = label(hdf5(tmp_path / "faces.h5", wild))
    assert answer.code == 1
    assert labels(answer.out) == [x for i, x in enumerate(expected) if i not in (7, 9)]
    assert [line.split(": ")[1] for line in answer.err.splitlines()] == [
        f"{tmp_path / 'faces.h5'}#{number}" for number in (7, 9)
    ]


def hostile(path: Path, kind: str, images: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        if kind == "external link":
            hdf5(path.with_name("other.h5"), images)
            file["data"] = h5py.ExternalLink("other.h5", "data")
        elif kind == "soft link":
            file["real"] = np.moveaxis(images, 3, 1)
            file["data"] = h5py.SoftLink("/real")
        elif kind == "declared":
            file.create_dataset("data", (10**9, 3, ROWS, COLUMNS), "u1", chunks=True)
        elif kind == "last axis":
            file["data"] = images
        elif kind == "0..1":
            file["data"] = np.moveaxis(images / np.float32(255), 3, 1)
        elif kind == "text":
            file["data"] = ["a"] * 4
        elif kind == "no images":
            file["data"] = np.moveaxis(images[:0], 3, 1)
        else:
            file["other"] = 1


KINDS = ["external link", "soft link", "declared", "last axis"]
KINDS += ["0..1", "text", "no images", "no data"]


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_hdf5_is_one_line(label, images, tmp_path, kind):
    hostile(tmp_path / "bad.h5", kind, images)
    answer = label(tmp_path / "bad.h5")
    assert (answer.code, answer.out) == (2, "")
    assert "expected" in answer.error or "declares" in answer.error


def test_broken_file_among_good_ones(label, folder, expected):
    (folder / "0" / "05.png").write_bytes(b"no image")
    answer = label(folder)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "05.png" in answer.err
    assert labels(answer.out) == expected[:5] + expected[6:]


def test_json_names_what_no_line_could(label, folder, tmp_path, expected):
    odd = tmp_path / "a\nb\x1b[2J.png"
    shutil.copy(folder / "0" / "00.png", odd)
    row = json.loads(label(odd, "--json").out)
    assert row == {"path": str(odd), "label": expected[0]}
    answer = label(odd, odd)
    assert labels(answer.out) == [expected[0]] * 2
    assert "\x1b" not in answer.out


def test_nothing_is_an_error(label, tmp_path):
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "empty", tmp_path / "*.png"):
        answer = label(nothing)
        assert (answer.code, answer.out) == (2, "")
        assert "expected" in answer.error.lower()


def test_output_appears_whole(label, folder, expected, tmp_path):
    place = tmp_path / "labels.tsv"
    answer = label(folder, "--output", place)
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert labels(place.read_text()) == expected
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []


def test_failed_run_leaves_the_older_output(label, tmp_path):
    place = tmp_path / "labels.tsv"
    place.write_text("older")
    assert label(tmp_path / "missing.png", "--output", place).code == 2
    assert place.read_text() == "older"
    assert [p.name for p in tmp_path.iterdir()] == ["labels.tsv"]


def test_resumed_output_is_the_uninterrupted_one(label, images, tmp_path, monkeypatch):
    path = hdf5(tmp_path / "faces.h5", np.tile(images, (40, 1, 1, 1)))
    whole, place = tmp_path / "whole.tsv", tmp_path / "labels.tsv"
    assert label(path, "--output", whole).code == 0
    write, calls = OutputFile.write, []

    def stopped(self: OutputFile, lines: str) -> None:
        calls.append(lines)
        if len(calls) == 4:
            self._file.write(lines[: len(lines) // 2].encode())  # a torn line
            raise KeyboardInterrupt
        write(self, lines)

    monkeypatch.setattr(OutputFile, "write", stopped)
    answer = label(path, "--output", place)
    assert answer.code == 130
    assert "--resume" in answer.error
    assert not place.exists()
    answer = label(path, "--output", place)
    assert (answer.code, "--resume" in answer.error) == (2, True)
    monkeypatch.setattr(OutputFile, "write", write)
    seen: list[int] = []
    detect = many.load

    def counted(folder: Path):
        inner = detect(folder)
        return lambda batch: (seen.append(len(batch)), inner(batch))[1]

    monkeypatch.setattr(many, "load", counted)
    assert label(path, "--output", place, "--resume").code == 0
    assert place.read_bytes() == whole.read_bytes()
    assert sum(seen) == COUNT * 40 - 3 * 256, "three batches were kept"


def test_resuming_with_other_inputs_is_refused(label, images, tmp_path, monkeypatch):
    path = hdf5(tmp_path / "faces.h5", np.tile(images, (40, 1, 1, 1)))
    place = tmp_path / "labels.tsv"
    write = OutputFile.write

    def stopped(self: OutputFile, lines: str) -> None:
        write(self, lines)
        raise KeyboardInterrupt

    monkeypatch.setattr(OutputFile, "write", stopped)
    assert label(path, "--output", place).code == 130
    monkeypatch.setattr(OutputFile, "write", write)
    other = hdf5(tmp_path / "other.h5", np.tile(images, (40, 1, 1, 1)))
    answer = label(other, "--output", place, "--resume")
    assert (answer.code, "same inputs" in answer.error) == (2, True)


def test_killed_at_once_and_resumed(artifact, images, tmp_path):
    path = hdf5(tmp_path / "faces.h5", np.tile(images, (300, 1, 1, 1)))
    command = [sys.executable, "-m", "artifacts", artifact, path, "--output"]
    whole, place = tmp_path / "whole.tsv", tmp_path / "labels.tsv"
    subprocess.run([*command, whole], cwd=ROOT, check=True)
    for _ in range(2):
        running = subprocess.Popen([*command, place, "--resume"], cwd=ROOT)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".labels*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.6)
        running.send_signal(signal.SIGKILL)
        running.wait()
    subprocess.run([*command, place, "--resume"], cwd=ROOT, check=True)
    assert place.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob(".labels*"))


def test_reader_that_leaves_is_no_error(artifact, images, tmp_path):
    path = hdf5(tmp_path / "faces.h5", np.tile(images, (300, 1, 1, 1)))
    running = subprocess.Popen(
        [sys.executable, "-m", "artifacts", artifact, path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.readline()
    running.stdout.close()
    assert running.stderr.read() == b""
    running.stderr.close()
    assert running.wait() in (0, 1)


def test_memory_does_not_grow_with_the_images(artifact, tmp_path):
    code = (
        "import resource, sys; sys.argv = ['x', *sys.argv[1:]]\n"
        "import argparse, pathlib; from artifacts.detector import run, with_inputs\n"
        "try: run(pathlib.Path(sys.argv.pop(1)), with_inputs(argparse.ArgumentParser()))\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, "
        "file=sys.stderr)"
    )
    peaks = []
    for count in (2_000, 20_000):
        path = tmp_path / f"{count}.h5"
        with h5py.File(path, "w") as file:
            shape = (count, 3, ROWS, COLUMNS)
            file.create_dataset(
                "data", shape, "u1", chunks=(100, *shape[1:]), fillvalue=9
            )
            file["data"][:] = 9
        answer = run_python("-c", code, artifact, path, "--output", tmp_path / "out",
                            cwd=ROOT)  # fmt: skip
        assert answer.code == 0, answer.err
        peaks.append(int(answer.err))
    assert peaks[1] < peaks[0] * 1.1, peaks


def test_resume_needs_an_output(label, folder):
    assert "--output" in label(folder, "--resume").err


def test_one_image_imports_nothing_more():
    code = (
        "import sys; sys.argv = ['x', 'data/test_image.png']\n"
        "from artifacts.detector import main\n"
        "try: main('multi')\n"
        "finally: print(*[x for x in sys.modules if x.startswith(('h5py', 'conc', "
        "'artifacts.many'))])"
    )
    answer = run_python("-c", code, cwd=ROOT)
    assert len(answer.out.split()) == 1, answer.out + os.linesep + answer.err
