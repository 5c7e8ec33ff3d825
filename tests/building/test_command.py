"""``python -m build``: what it makes, what it refuses, and that it can be killed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from toys import PATIENCE, ROOT, build_options, run_python, toy_people

from artifacts.detector import read_image, verify
from build.pipeline import false_positives
from repair.dataset import Dataset
from repair.methods.repair import Repair
from repair.metrics import clean_accuracy
from repair.reading.data_file import write_dataset


def test_build_says_little_and_prints_the_figures(built):
    folder, answer = built
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].split()[:3] == ["data", "network", "images"]
    assert len(lines) == 1 + 3 * 3
    assert sum(line.startswith("corner") for line in lines) == 3
    said = answer.err.splitlines()
    written = said.index(f"toy: written to {folder}")
    assert written <= 6, "no greeting of TensorFlow"
    assert said[written + 1] == "Next:"
    assert f"Label an image: python -m artifacts {folder} IMAGE" in said[written + 2]
    [verdict] = [line for line in said if line.startswith("toy: Cannot be told")]
    assert "looks for no target labels. Use witnesses." in verdict


def test_the_printed_code_gives_the_labels(built):
    folder, answer = built
    images = toy_people(4, seed=9).images
    [code] = re.findall(r"Use it in code: (.*)", answer.err)
    names = {"tf": tf, "images": images}
    exec(code, names)  # noqa: S102
    kept = tf.saved_model.load(str(folder))
    expected = kept.serve(images)
    np.testing.assert_array_equal(names["labels"], expected)


def test_card_says_what_was_built_from_what(artifact, files, clean):
    card = json.loads((artifact / "card.json").read_bytes())
    assert card["name"] == "toy"
    assert card["num_classes"] == 5
    assert card["input"] == {"rows": 12, "columns": 10, "channels": 3}
    assert card["method"] == "fine-pruning"
    assert card["seed"] == 0
    assert card["settings"]["fraction"] == 0.25
    assert len(card["settings"]["pruned_channels"]) == 2
    for key, name in (("badnet", "badnet.h5"), ("clean_data", "clean.h5")):
        digest = hashlib.sha256((files / name).read_bytes()).hexdigest()
        assert card["sha256"][key] == digest
    model = tf.saved_model.load(str(artifact))
    labels = model.serve(tf.constant(clean.images))
    share = clean_accuracy(labels.numpy(), clean.labels)
    assert card["clean_accuracy"]["detector"] == pytest.approx(share, abs=1e-6)
    assert card["clean_accuracy"]["original"] > 0.95
    assert set(card["versions"]) >= {"keras", "numpy", "tensorflow"}
    text = json.dumps(card)
    assert str(files) not in text
    assert str(artifact.parent) not in text


def test_card_estimates_the_false_positive_rate(artifact):
    text = (artifact / "card.json").read_text().lower()
    assert "false_positive" in text or "fpr" in text


@pytest.mark.parametrize(
    ("settings", "rate", "told"),
    [
        ({"clean_images": 300}, 2 / 300, "flags about 0.7% (2 of 300; up to 2.4%) of"),
        (
            {"clean_images": 90},
            None,
            "false positives are not estimated: too few images",
        ),
        ({}, None, ""),
    ],
)
def test_the_false_positives_of_few_images_are_told_with_a_range(settings, rate, told):
    said = false_positives(Repair(None, None, settings, rate))
    assert said.startswith(told)
    assert bool(said) == bool(told)


def test_built_artifact_verifies_and_labels_a_picture(artifact, tmp_path):
    verify(artifact)
    image = toy_people(1, seed=3).images[2]
    Image.fromarray(image).save(tmp_path / "image.png")
    pixels = read_image(tmp_path / "image.png", (12, 10))
    model = tf.saved_model.load(str(artifact))
    labels = model.serve(tf.constant(pixels[None]))
    assert 0 <= int(labels[0]) <= 5


def kill_build(options: list[object], wait: float, begun: Path | None) -> None:
    """Kills a build ``wait`` seconds after its start, or after ``begun`` has appeared."""
    command = [sys.executable, "-m", "build", *map(str, options)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    building = subprocess.Popen(command, cwd=ROOT, **silent)
    try:
        deadline = time.monotonic() + PATIENCE
        while begun is not None and not begun.exists():
            assert building.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(wait)
    finally:
        building.send_signal(signal.SIGKILL)
        building.wait()


def test_killed_builds_leave_the_old_artifact_and_the_same_seed_gives_the_same(
    artifact, files, tmp_path, clean
):
    folder = tmp_path / "toy"
    shutil.copytree(artifact, folder)
    before = (folder / "card.json").read_bytes()
    dice = random.Random(1)  # noqa: S311
    begun = tmp_path / ".toy.building"
    for wait, sign in ((1 + 2 * dice.random(), None), (dice.random(), begun)):
        kill_build(build_options(files, folder), wait, sign)
        verify(folder)
        assert (folder / "card.json").read_bytes() == before
    answer = run_python("-m", "build", *build_options(files, folder))
    assert answer.code == 0, answer.err
    verify(folder)
    assert list(tmp_path.iterdir()) == [folder]
    ours, theirs = (tf.saved_model.load(str(each)) for each in (folder, artifact))
    images = tf.constant(np.concatenate([clean.images, 255 - clean.images]))
    np.testing.assert_array_equal(ours.serve(images), theirs.serve(images))
    cards = [
        json.loads((each / "card.json").read_bytes()) for each in (folder, artifact)
    ]
    variables = "variables/variables.data-00000-of-00001"
    assert cards[0]["files"][variables] == cards[1]["files"][variables]
    assert cards[0] == cards[1]


def test_help_names_everything_without_tensorflow():
    code = (
        "import runpy, sys; sys.argv = ['build', '--help']\n"
        "try: runpy.run_module('build', run_name='__main__')\n"
        "except SystemExit as stop: assert not stop.code\n"
        "assert not {'tensorflow', 'keras', 'h5py'} & set(sys.modules)\n"
    )
    answer = run_python("-c", code)
    assert (answer.code, answer.err) == (0, "")
    words = ("--model", "--clean", "--out", "--demo", "--force", "multi", "anonymous_2")
    assert all(word in answer.out for word in words)


@pytest.fixture
def refuse(run_here):
    def run(message: str, *arguments: object) -> str:
        answer = run_here("build", *arguments)
        assert answer.code == 2, answer.err
        assert message in answer.error
        return answer.error

    return run


def test_arguments_that_contradict_each_other_are_refused(refuse, files, tmp_path):
    model, clean = ("--model", files / "badnet.h5"), ("--clean", files / "clean.h5")
    out = ("--out", tmp_path / "toy")
    refuse("not both", "multi", *model, *clean, *out)
    refuse("Add --out", *model, *clean)
    refuse("Add --clean", *model, *out)
    refuse("Add --model", *clean, *out)
    refuse("'sunglass'", "sunglass")
    assert not list(tmp_path.iterdir())


def test_missing_files_are_named_before_anything_is_built(refuse, files, tmp_path):
    model, clean = files / "badnet.h5", files / "clean.h5"
    places = ("--models", tmp_path, "--data", tmp_path)
    line = refuse("multi_trigger_multi_target_bd_net.h5 is missing", "multi", *places)
    assert "csaw-hackml/CSAW-HackML-2020" in line
    assert "--demo" in line
    (tmp_path / "multi_trigger_multi_target_bd_weights.h5").touch()
    line = refuse("clean_validation_data.h5 is missing", "multi", *places)
    assert "--demo" in line
    out = ("--out", tmp_path / "toy")
    missing = tmp_path / "no.h5"
    refuse(f"{missing}: ", "--model", missing, "--clean", clean, *out)
    refuse(f"{missing}: ", "--model", model, "--clean", missing, *out)
    refuse("a folder", "--model", tmp_path, "--clean", clean, *out)
    both = ("--model", model, "--clean", clean, *out)
    refuse(f"{missing}: ", *both, "--test", missing)
    refuse(f"{missing}: ", *both, "--poisoned", clean, missing)
    assert not (tmp_path / "toy").exists()


def test_clean_data_of_other_people_is_refused(run_here, files, clean, tmp_path):
    other = tmp_path / "other.h5"
    write_dataset(other, Dataset(clean.images, (clean.labels + 1) % 5))
    options = build_options(files, tmp_path / "toy")
    options[options.index(files / "clean.h5")] = other
    answer = run_here("build", *options)
    line = answer.err.splitlines()[-1]
    assert (answer.code, answer.out) == (2, "")
    assert line.startswith(f"error: {other}: ")
    assert "near zero" in line
    assert "--force" in line
    assert not (tmp_path / "toy").exists()


def test_force_builds_all_the_same(run_here, files, clean, tmp_path, monkeypatch):
    monkeypatch.setattr("build.saving.saved_model._check", lambda *_: None)
    other = tmp_path / "other.h5"
    write_dataset(other, Dataset(clean.images, (clean.labels + 1) % 5))
    out = tmp_path / "toy"
    answer = run_here("build", "--model", files / "badnet.h5", "--clean", other,
                      "--out", out, "--force", "--epochs", 0,
                      "--method", "reference", "--fraction", 0)  # fmt: skip
    assert answer.code == 0, answer.err
    verify(out)
    assert (
        json.loads((out / "card.json").read_bytes())["clean_accuracy"]["original"] < 0.1
    )


def test_next_commands_take_photographs_as_large_as_those_of_the_build(
    run_here, files, clean, tmp_path, monkeypatch
):
    monkeypatch.setattr("build.saving.saved_model._check", lambda *_: None)
    for index, (image, label) in enumerate(
        zip(clean.images, clean.labels, strict=True)
    ):
        place = tmp_path / "photos" / str(label) / f"{index}.bmp"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.repeat(2, 0).repeat(2, 1)).save(place)
    answer = run_here("build", "--model", files / "badnet.h5", "--formats", "bmp",
                      "--clean", tmp_path / "photos", "--out", tmp_path / "toy",
                      "--force", "--epochs", 0,
                      "--method", "reference", "--fraction", 0)  # fmt: skip
    assert answer.code == 0, answer.err
    shown = re.findall(r": python -m (artifacts|repair) (.* IMAGES? .*)", answer.err)
    assert len(shown) == 3
    for package, words in shown:
        words = shlex.split(words.replace("IMAGES", "IMAGE"))
        given = [str(place) if word == "IMAGE" else word for word in words]
        monkeypatch.chdir(tmp_path)
        again = run_here(package, *given)
        assert again.code == 0, again.err


def test_failed_export_exits_1(run_here, files, tmp_path, monkeypatch):
    monkeypatch.setattr("build.saving.saved_model._CHECK", "raise SystemExit('broken')")
    options = build_options(files, tmp_path / "toy")
    answer = run_here("build", *options, "--epochs", 0)
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.splitlines()[-1].startswith("error: ")
    assert not list(tmp_path.iterdir())


def test_data_that_does_not_fit_is_refused(refuse, files, tmp_path):
    wide = Dataset(np.full((5, 55, 47, 3), 9, np.uint8), np.arange(5))
    write_dataset(tmp_path / "wide.h5", wide)
    model, out = ("--model", files / "badnet.h5"), ("--out", tmp_path / "toy")
    refuse("(n, 3, 12, 10)", *model, "--clean", tmp_path / "wide.h5", *out)
    six = Dataset(toy_people(2, seed=0).images, np.arange(10))
    write_dataset(tmp_path / "six.h5", six)
    refuse("0..4", *model, "--clean", tmp_path / "six.h5", *out)
    assert not (tmp_path / "toy").exists()


def test_test_and_poisoned_data_do_not_change_a_byte(files, artifact, tmp_path):
    """``artifact`` was built with both; here neither is on the disk."""
    shutil.copy(files / "badnet.h5", tmp_path)
    shutil.copy(files / "clean.h5", tmp_path)
    options = build_options(tmp_path, tmp_path / "out" / "toy")
    answer = run_python("-m", "build", *options[: options.index("--poisoned")])
    assert answer.code == 0, answer.err

    def content(folder: Path) -> dict[str, bytes]:
        paths = [path for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

    assert content(tmp_path / "out" / "toy") == content(artifact)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sunglases",), "expected names among sunglasses, .*'sunglases'"),
        (("README.md", "docs"), "Did you mean --model README.md --clean docs --out"),
        (("--model", "a.h5", "--clean", "b.h5", "--out", "c"), "Received: both"),
    ],
)
def test_a_demo_of_something_else_is_refused_at_once(run_here, words, message):
    answer = run_here("build", "--demo", *words)
    assert answer.code == 2
    assert re.search(message, answer.error)


@pytest.mark.parametrize("option", ["--model", "--clean", "--test"])
def test_a_pipe_is_not_said_to_be_missing(run_here, files, tmp_path, option):
    os.mkfifo(tmp_path / "pipe")
    words = build_options(files, tmp_path / "toy")
    words[words.index(option) + 1] = tmp_path / "pipe"
    answer = run_here("build", *words)
    assert answer.code == 2
    assert "a pipe or device, which can be read only once" in answer.error
