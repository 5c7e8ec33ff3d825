"""Files that change, vanish or are locked while they are read; artifacts in no time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from toys import ROOT, SHAPE, build_options, toy_people

from artifacts.card import verify
from artifacts.errors import DetectorError
from artifacts.labelling import Failure, score
from artifacts.reading import images as images_module
from artifacts.reading.images import read_image
from artifacts.reading.sources import pieces
from build import pipeline
from repair.commands import networks
from repair.reading.digest import moment

QUICK = ("--method", "reference", "--fraction", 0.25, "--epochs", 0)
ARTIFACTS = sorted(path.parent for path in (ROOT / "artifacts").glob("*/card.json"))


@pytest.fixture
def image(tmp_path) -> Path:
    path = tmp_path / "face.png"
    Image.fromarray(toy_people(1, seed=7).images[0]).save(path)
    return path


def test_image_that_vanishes_is_an_error_of_ours(image, monkeypatch):
    """After it was seen, before it is opened."""
    real = os.path.isfile

    def seen_last(path: Path) -> bool:
        answer = real(path)
        Path(path).unlink()
        return answer

    monkeypatch.setattr(images_module.os.path, "isfile", seen_last)
    with pytest.raises(DetectorError, match=r"face\.png"):
        read_image(image, SHAPE[:2])


def test_images_that_vanish_are_a_line_each(image, tmp_path, monkeypatch):
    for i in range(300):
        shutil.copy(image, tmp_path / f"{i:03}.png")
    image.unlink()
    (tmp_path / "299.png").unlink()
    found = pieces([str(tmp_path)], SHAPE[:2])
    first = next(found)
    shutil.rmtree(tmp_path)
    answers = list(score([first, *found], lambda: len, SHAPE[:2]))
    assert len(answers) == 299
    assert all("no such file" in str(answer.reason) for answer in answers)


def test_data_that_vanishes_is_an_error_an_image(tmp_path):
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.moveaxis(toy_people(60, seed=1).images, 3, 1)
    found = pieces([str(path)], SHAPE[:2])
    first = next(found)
    path.unlink()
    answers = list(score([first, *found], lambda: len, SHAPE[:2]))
    assert len(answers) == 300
    assert all(isinstance(answer, Failure) for answer in answers)
    assert "data.h5#0: expected an HDF5 file. Received: no such file" in str(
        answers[0].reason
    )


@pytest.mark.parametrize("name", ["badnet.h5", "clean.h5"])
def test_input_that_changes_while_it_is_built_from_is_refused(
    run_here, files, artifact, tmp_path, monkeypatch, name
):
    inputs, out = tmp_path / "in", tmp_path / "toy"
    shutil.copytree(files, inputs)
    shutil.copytree(artifact, out)
    before = (out / "card.json").read_bytes()
    repair = pipeline.repair_network

    def meanwhile(*arguments: object) -> object:
        with h5py.File(inputs / name, "r+") as file:
            file.attrs["changed"] = 1
        return repair(*arguments)

    monkeypatch.setattr(pipeline, "repair_network", meanwhile)
    answer = run_here("build", *build_options(inputs, out))
    assert answer.code == 2
    assert "was changed while it was read" in answer.err.splitlines()[-1]
    assert (out / "card.json").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"in", "toy"}


@pytest.mark.parametrize("name", ["badnet.h5", "clean.h5"])
@pytest.mark.parametrize("moved", [True, False])
def test_input_that_is_another_while_it_is_read_is_refused(
    run_here, files, tmp_path, monkeypatch, name, moved
):
    """A, B while it is read, and A again, under the times of A."""
    inputs, out = tmp_path / "in", tmp_path / "toy"
    shutil.copytree(files, inputs)
    place, aside = inputs / name, tmp_path / "aside"
    content, before = place.read_bytes(), place.stat()
    with h5py.File(place, "r+") as file:
        file.attrs["changed"] = 1
    other = place.read_bytes()
    place.write_bytes(content)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    read = pipeline.read_case

    def meanwhile(*arguments: object, **more: object) -> object:
        if moved:
            place.rename(aside)
        place.write_bytes(other)
        case = read(*arguments, **more)
        if moved:
            aside.rename(place)
        else:
            place.write_bytes(content)
            os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
        return case

    monkeypatch.setattr(pipeline, "read_case", meanwhile)
    answer = run_here("build", *build_options(inputs, out))
    assert answer.code == 2
    assert "was changed while it was read" in answer.err.splitlines()[-1]
    assert not out.exists()
    assert place.read_bytes() == content


def test_folder_whose_image_is_another_while_it_is_read_is_noticed(tmp_path):
    (tmp_path / "class").mkdir()
    place, aside = tmp_path / "class" / "0.png", tmp_path / "aside"
    place.write_bytes(b"one")
    before = moment(tmp_path / "class")
    assert before.lasts(moment(tmp_path / "class"))
    place.rename(aside)
    place.write_bytes(b"two")
    aside.rename(place)
    assert not before.lasts(moment(tmp_path / "class"))


@pytest.fixture
def far(tmp_path) -> Path:
    """A file below two folders and a link."""
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    (tmp_path / "outer" / "inner" / "clean.h5").write_bytes(b"one")
    (tmp_path / "link").symlink_to("outer")
    return tmp_path / "link" / "inner" / "clean.h5"


@pytest.mark.parametrize("above", ["outer", "outer/inner", "link"])
def test_folder_above_that_is_another_meanwhile_is_noticed(tmp_path, far, above):
    before = moment(far)
    assert before.lasts(moment(far))
    place, aside = tmp_path / above, tmp_path / "aside"
    place.rename(aside)
    aside.rename(place)
    assert far.read_bytes() == b"one"
    assert not before.lasts(moment(far))


def test_link_above_that_is_made_anew_is_noticed(tmp_path, far):
    before = moment(far)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("outer")
    assert not before.lasts(moment(far))


def test_new_files_beside_and_above_are_fine(tmp_path, far):
    before = moment(far)
    (tmp_path / "outer" / "inner" / "beside").mkdir()
    (tmp_path / "outer" / "above").write_bytes(b"new")
    assert before.lasts(moment(far))


@pytest.mark.parametrize("command", ["build", "inspect"])
def test_inputs_below_a_folder_that_moves_are_refused(
    run_here, files, tmp_path, monkeypatch, command
):
    inputs, out, aside = tmp_path / "in", tmp_path / "out", tmp_path / "aside"
    shutil.copytree(files, inputs)
    place = pipeline if command == "build" else networks
    read = place.read_case

    def meanwhile(*arguments: object, **more: object) -> object:
        inputs.rename(aside)
        shutil.copytree(aside, inputs)
        case = read(*arguments, **more)
        shutil.rmtree(inputs)
        aside.rename(inputs)
        return case

    monkeypatch.setattr(place, "read_case", meanwhile)
    if command == "build":
        answer = run_here("build", *build_options(inputs, out))
    else:
        both = (inputs / "badnet.h5", inputs / "clean.h5")
        answer = run_here("repair", "inspect", *both, "--out", out)
    assert answer.code == 2
    assert "was changed while it was read" in answer.err.splitlines()[-1]
    assert not out.exists()


WRITER = """
import sys
import h5py
with h5py.File(sys.argv[1], "r+"):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_locked_data_is_one_line(run_here, files, artifact, tmp_path):
    """Another process has it open for writing."""
    clean = Path(shutil.copy(files / "clean.h5", tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, clean],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "HDF5_USE_FILE_LOCKING": "TRUE"},
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"open\n"
        model, out = files / "badnet.h5", tmp_path / "out"
        for package, *command in (
            ("repair", "check", clean, "--image-shape", *SHAPE),
            ("repair", "defence", model, "--clean", clean, *QUICK),
            ("build", "--model", model, "--clean", clean, "--out", out, *QUICK),
            ("artifacts", artifact, clean),
        ):
            answer = run_here(package, *command)
            assert answer.code == 2
            assert "clean.h5: can not be read as HDF5" in answer.error
            assert "lock" in answer.error
        writer.communicate()
    assert [path.name for path in tmp_path.iterdir()] == ["clean.h5"]


@pytest.mark.parametrize("folder", ARTIFACTS, ids=lambda folder: folder.name)
def test_an_artifact_is_held_against_its_card_in_no_time(folder):
    """Processor time: some 5 ms each where nothing else runs."""
    begun = time.process_time()
    for _ in range(10):
        verify(folder)
    assert time.process_time() - begun < 2
