"""Nothing that is read is written over, whatever slip of the keyboard asks for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toys import SHAPE, toy_people

from artifacts.card import verify


@pytest.fixture
def inputs(files, tmp_path) -> Path:
    for name in ("badnet.h5", "clean.h5"):
        shutil.copy(files / name, tmp_path)
    (tmp_path / "link.h5").symlink_to("clean.h5")
    Image.fromarray(toy_people(1, seed=7).images[0]).save(tmp_path / "a.png")
    return tmp_path


def commands(inputs: Path) -> dict[str, tuple[object, ...]]:
    network, clean = inputs / "badnet.h5", inputs / "clean.h5"
    both = ("--model", network, "--clean", clean, "--out", inputs / "out")
    shape = ("--image-shape", *SHAPE)
    return {
        "sheet": ("repair", "sheet", clean, "--out", clean, *shape),
        "sheet by a link": (
            "repair",
            "sheet",
            clean,
            "--out",
            inputs / "link.h5",
            *shape,
        ),
        "inspect": (
            *("repair", "inspect", network, clean, "--out", inputs / "out"),
            *("--sarif", network),
        ),
        "build": ("build", *both, "--bom", clean),
        "build twice": ("build", *both, "--bom", inputs / "x", "--sarif", inputs / "x"),
    }


@pytest.mark.parametrize(
    "name", ["sheet", "sheet by a link", "inspect", "build", "build twice"]
)
def test_what_is_read_is_not_written_over(run_here, inputs, name):
    before = {path.name: path.read_bytes() for path in inputs.iterdir()}
    answer = run_here(*commands(inputs)[name])
    assert answer.code == 2
    assert "expected a" in answer.error
    assert {path.name: path.read_bytes() for path in inputs.iterdir()} == before


@pytest.mark.parametrize("place", ["none/x", "folder", "x" * 250])
@pytest.mark.parametrize("command", ["build", "inspect", "sheet"])
def test_a_file_that_can_not_be_written_is_told_before_any_work(
    run_here, inputs, command, place
):
    """By the place that the user gave; no artifact is built, or replaced, before that."""
    network, clean = inputs / "badnet.h5", inputs / "clean.h5"
    (inputs / "folder").mkdir()
    before = sorted(inputs.rglob("*"))
    both = ("--model", network, "--clean", clean, "--out", inputs / "out")
    words = {
        "build": ("build", *both, "--bom", inputs / place),
        "inspect": (
            *("repair", "inspect", network, clean, "--out", inputs / "out"),
            *("--sarif", inputs / place),
        ),
        "sheet": ("repair", "sheet", clean, "--out", inputs / place),
    }
    answer = run_here(*words[command])
    assert answer.code == 2
    assert answer.error.startswith(f"error: {inputs / place}: ")
    assert sorted(inputs.rglob("*")) == before


def test_the_place_that_was_given_twice_is_told(run_here, inputs):
    answer = run_here(*commands(inputs)["build twice"])
    assert answer.error.startswith(
        f"error: {inputs / 'x'}: expected a place of its own"
    )


@pytest.mark.parametrize("inside", ["", "new", "new/er"])
@pytest.mark.parametrize("command", ["explain", "triggers", "build", "label"])
def test_no_file_is_put_into_an_artifact(run_here, artifact, inputs, command, inside):
    """It would hold more than is on its card, and be refused from then on."""
    folder = shutil.copytree(artifact, inputs / "toy")
    place, image = folder / inside, inputs / "a.png"
    both = ("--model", inputs / "badnet.h5", "--clean", inputs / "clean.h5")
    answer = run_here(
        *{
            "explain": ("repair", "explain", artifact, image, "--out", place),
            "triggers": ("repair", "triggers", artifact, image, "--out", place),
            "build": ("build", *both, "--out", folder / (inside or "new")),
            "label": ("artifacts", artifact, image, "--output", place / "labels.tsv"),
        }[command]
    )
    assert answer.code == 2
    assert "which a further file would break" in answer.error
    given = {"build": inside or "new", "label": f"{inside}/labels.tsv"}
    told = folder / given.get(command, inside).lstrip("/")
    assert answer.error.startswith(f"error: {told}: ")
    verify(folder)


def test_pictures_are_not_put_among_images_that_are_read(run_here, inputs):
    both = inputs / "badnet.h5", inputs
    answer = run_here("repair", "inspect", *both, "--out", inputs)
    assert answer.code == 2
    assert "Received: what is read" in answer.error
    assert not list(inputs.glob("*.html"))


def test_labels_are_not_written_over_an_image(run_here, artifact, inputs):
    image = inputs / "a.png"
    before = image.read_bytes()
    answer = run_here("artifacts", artifact, "--output", image, image)
    assert answer.code == 2
    assert "Give --output another one" in answer.error
    assert image.read_bytes() == before


@pytest.fixture
def kept(tmp_path) -> Path:
    """Images as people keep them: folders, pairs of arrays, a link from a folder."""
    people = toy_people(2, seed=7)
    for index, (image, label) in enumerate(
        zip(people.images, people.labels, strict=True)
    ):
        folder = tmp_path / "faces" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{index}.png")
    Image.fromarray(people.images[0]).save(tmp_path / "elsewhere.png")
    (tmp_path / "faces" / "0" / "link.png").symlink_to(tmp_path / "elsewhere.png")
    np.save(tmp_path / "x_test.npy", people.images)
    for name in ("y_test.npy", "lab.npy"):
        np.save(tmp_path / name, people.labels)
    return tmp_path


def held(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("data", "out", "options"),
    [
        ("faces", "faces/0/0.png", []),
        ("faces", "faces/0/new.png", []),
        ("faces", "faces/new/er.png", []),
        ("faces", "elsewhere.png", []),
        ("x_test.npy", "y_test.npy", []),
        ("x_test.npy", "lab.npy", ["--keys", "labels=lab.npy"]),
        ("x_test.npy", "lab.npy", ["--keys", "labels=../{here}/lab.npy"]),
    ],
)
def test_what_is_read_without_being_named_is_not_written_over(
    run_here, kept, data, out, options
):
    before = held(kept)
    options = [each.format(here=kept.name) for each in options]
    answer = run_here("repair", "sheet", kept / data, "--out", kept / out, *options)
    assert answer.code == 2
    assert "another place to write to. Received: what is read." in answer.error
    assert held(kept) == before


def test_a_place_beside_what_is_read_is_written_to(run_here, kept):
    for data, out in (("faces", "faces.png"), ("x_test.npy", "x_test.png")):
        answer = run_here("repair", "sheet", kept / data, "--out", kept / out)
        assert answer.code == 0, answer.err
        assert (kept / out).is_file()


def test_a_page_may_lie_beside_the_images_it_tells_of(run_here, artifact, kept):
    """As of somebody who explains the folder he is in; asked again it tells of as many."""
    folder = kept / "faces"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    counts = []
    for _ in range(2):
        options = ("--out", folder / "why", "--json")
        answer = run_here("repair", "explain", artifact, folder, *options)
        assert answer.code == 0, answer.err
        counts.append(len(json.loads(answer.out)))
    assert counts[0] == counts[1]
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_repaired_network_does_not_replace_another_that_is_read(run_here, inputs):
    shutil.copy(inputs / "badnet.h5", inputs / "badnet_repaired.h5")
    networks = inputs / "badnet.h5", inputs / "badnet_repaired.h5"
    before = networks[1].read_bytes()
    clean = "--clean", inputs / "clean.h5", "--out", inputs
    answer = run_here("repair", "fine-prune", *networks, *clean)
    assert answer.code == 2
    assert "Received: what is read" in answer.err.splitlines()[-1]
    assert networks[1].read_bytes() == before


def test_a_bill_does_not_replace_the_data_of_the_competition(run_here, inputs):
    data = inputs / "clean.h5"
    before = data.read_bytes()
    folders = "--models", inputs, "--data", inputs
    answer = run_here("build", "multi", *folders, "--bom", data, "--out", "none")
    assert answer.code == 2
    assert "Received: what is read" in answer.error
    assert data.read_bytes() == before


@pytest.mark.parametrize(
    ("command", "name"), [("build", "found.sarif"), ("inspect", "inspect.json")]
)
def test_a_report_does_not_lie_where_it_would_break_what_is_written(
    run_here, inputs, command, name
):
    packages = ("repair", "inspect", inputs / "badnet.h5", inputs / "clean.h5")
    files = ("build", "--model", inputs / "badnet.h5", "--clean", inputs / "clean.h5")
    out = inputs / "new"
    words = packages if command == "inspect" else files
    answer = run_here(*words, "--out", out, "--sarif", out / name)
    assert answer.code == 2
    assert "expected a place outside of" in answer.error
    assert not out.exists()
