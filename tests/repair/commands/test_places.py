"""Nothing that is read is written over, whatever slip of the keyboard asks for it."""

from __future__ import annotations

import shutil
from pathlib import Path

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
