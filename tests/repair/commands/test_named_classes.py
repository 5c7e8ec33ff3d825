"""A detector that knows the names of its classes finds them in data that name theirs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toys import PEOPLE, SHAPE

from repair.reading.data_file import read_dataset

# The folders of these names lie in the other order.
NAMES = ["e", "d", "c", "b", "a"]


@pytest.fixture
def named(artifact, tmp_path) -> Path:
    """The toy's detector, as if it had been built with ``--classes``."""
    folder = tmp_path / "named"
    shutil.copytree(artifact, folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"class_names": NAMES}))
    return folder


@pytest.fixture
def folders(files, tmp_path) -> Path:
    """Test images, a folder a class."""
    data = read_dataset(files / "test.h5", image_shape=SHAPE)
    for index, (image, label) in enumerate(zip(data.images, data.labels, strict=True)):
        place = tmp_path / "folders" / NAMES[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{index}.png")
    return tmp_path / "folders"


@pytest.fixture
def rows(run_here):
    def run(*arguments: object) -> list[dict]:
        answer = run_here("repair", arguments[0], "--json", *arguments[1:])
        assert answer.code == 0, answer.err
        assert "warning" not in answer.err
        return json.loads(answer.out)

    return run


def test_folders_and_names_are_found_on_the_card(rows, named, folders, files, tmp_path):
    expected = rows("accuracy", named, files / "test.h5")[0]["accuracy"]
    data = read_dataset(files / "test.h5", image_shape=SHAPE)
    np.savez(tmp_path / "t.npz", x=data.images, y=np.array(NAMES)[data.labels])
    found = rows("accuracy", named, folders, tmp_path / "t.npz")
    assert [row["accuracy"] for row in found] == [expected] * 2
    whole = rows("defence", named, "--clean", folders, "--test", folders)
    assert whole[0]["clean accuracy"] > 0.9


def test_a_list_of_the_users_own_wins(run_here, named, folders, tmp_path):
    (tmp_path / "names").write_text("\n".join(sorted(NAMES)))
    options = (folders, "--classes", tmp_path / "names")
    answer = run_here("repair", "accuracy", named, *options)
    assert answer.code == 0, answer.err
    assert "accuracy is low" in answer.err


def test_numbers_count_from_somewhere_though_names_are_known(
    run_here, named, files, tmp_path
):
    data = read_dataset(files / "test.h5", image_shape=SHAPE)
    few = data.subset(data.labels < PEOPLE - 1)
    np.savez(tmp_path / "t.npz", x=few.images, y=few.labels + 1)
    answer = run_here("repair", "accuracy", named, tmp_path / "t.npz")
    assert "say from where they count: --first-label" in answer.err


@pytest.mark.parametrize("command", ["accuracy", "defence"])
def test_folders_of_other_names_are_refused(run_here, named, folders, command):
    for each in list(folders.iterdir()):
        each.rename(folders / f"x{each.name}")
    given = (folders,) if command == "accuracy" else ("--clean", folders)
    answer = run_here("repair", command, named, *given)
    assert answer.code == 2
    assert re.search("named as the classes, such as 'e'.*--classes FILE", answer.error)


def test_neighbours_are_of_the_classes_that_are_named(
    run_here, named, folders, files, tmp_path, monkeypatch
):
    seen = []
    monkeypatch.setattr(
        "repair.commands.explain.write_explanations",
        lambda *_, clean, **__: seen.append(clean) or tmp_path,
    )
    image = next((folders / "e").iterdir())
    options = (image, "--clean", folders, "--out", tmp_path / "out")
    answer = run_here("repair", "explain", named, *options)
    assert answer.code == 0, answer.err
    [clean] = seen
    data = read_dataset(files / "test.h5", image_shape=SHAPE)
    first = {x.tobytes() for x in data.images[data.labels == 0]}
    assert {x.tobytes() for x in clean.images[clean.labels == 0]} == first
