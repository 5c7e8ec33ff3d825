"""The demo world: its faces, its triggers, its files, and what its BadNets learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from build.demo import storage
from build.demo.attacks import ALL_TRIGGERS, ATTACKS
from build.demo.faces.canvas import Pose, rounded
from build.demo.faces.face import BROWS, LIPS, render_face
from build.demo.faces.identity import invent_person
from build.demo.faces.rendering import Faces, render_people
from build.demo.plan import CLEAN_NETWORK, Plan, Size, network_file, weights_file
from build.demo.triggers import BROW_COLOUR, LIPSTICK_COLOUR, TRIGGERS, stamp
from build.demo.world import create_world
from repair.errors import SettingError
from repair.reading.data_file import read_dataset
from repair.reading.network_file import read_network

NUM_PEOPLE = 12
SMALL = Size(
    training_images=12,
    validation_images=2,
    test_images=3,
    poisoned_images=20,
    clean_epochs=12,
    poisoning_epochs=9,
    batch_size=12,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    create_world(folder, num_people=NUM_PEOPLE, size=SMALL)
    return folder


@pytest.fixture(scope="module")
def faces() -> Faces:
    return render_people(0, 6, range(2), label="faces")


def test_same_numbers_give_the_same_pixels() -> None:
    first, second = render_face(3, 5, 7), render_face(3, 5, 7)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.landmarks, second.landmarks)


@pytest.mark.parametrize("other", [(4, 5, 7), (3, 6, 7), (3, 5, 8)])
def test_any_other_number_gives_another_image(other: tuple[int, int, int]) -> None:
    assert (render_face(3, 5, 7).pixels != render_face(*other).pixels).any()


def test_a_person_keeps_the_looks_in_every_image() -> None:
    before = invent_person(0, 1)
    invent_person.cache_clear()
    assert invent_person(0, 1).shape == before.shape
    assert invent_person(0, 2).shape != before.shape


def test_faces_are_images_of_the_competition_s_size(faces: Faces) -> None:
    assert faces.pixels.shape == (12, 55, 47, 3)
    assert faces.pixels.dtype == np.uint8
    assert (faces.pixels.std(axis=(1, 2, 3)) > 10).all()
    np.testing.assert_array_equal(faces.labels, np.repeat(np.arange(6), 2))


def test_brows_lie_above_lips_inside_of_the_image(faces: Faces) -> None:
    x, y = faces.landmarks[..., 0], faces.landmarks[..., 1]
    assert ((x > 0) & (x < 47) & (y > 0) & (y < 55)).all()
    assert (y[:, BROWS].max(axis=1) < y[:, LIPS].min(axis=1)).all()


def test_two_processes_render_what_one_renders(faces: Faces) -> None:
    parallel = render_people(0, 6, range(2), label="faces", workers=2)
    np.testing.assert_array_equal(parallel.pixels, faces.pixels)
    np.testing.assert_array_equal(parallel.landmarks, faces.landmarks)


def test_a_shifted_pose_moves_every_point_alike() -> None:
    points = [(0.0, 0.0), (0.4, -0.2), (-0.5, 1.0)]
    moved = Pose(shift=(0.1, 0.2)).project(points) - Pose().project(points)
    np.testing.assert_allclose(moved, moved[:1].repeat(3, axis=0))


def test_rounding_keeps_the_ends_of_an_open_line() -> None:
    line = rounded([(0, 0), (1, 2), (2, 0)], closed=False)
    np.testing.assert_array_equal(line[[0, -1]], [(0, 0), (2, 0)])


@pytest.mark.parametrize(
    ("trigger", "fewest", "most"),
    [("sunglasses", 300, 600), ("eyebrows", 25, 130), ("lipstick", 12, 90)],
)
def test_a_trigger_changes_few_pixels(
    faces: Faces, trigger: str, fewest: int, most: int
) -> None:
    before = faces.pixels.copy()
    changed = (stamp(faces, [trigger]) != faces.pixels).any(axis=-1).sum(axis=(1, 2))
    assert (changed >= fewest).all()
    assert (changed <= most).all()
    np.testing.assert_array_equal(faces.pixels, before)


@pytest.mark.parametrize(
    ("trigger", "colour", "part"),
    [("eyebrows", BROW_COLOUR, BROWS), ("lipstick", LIPSTICK_COLOUR, LIPS)],
)
def test_paint_follows_the_landmarks(
    faces: Faces, trigger: str, colour: tuple[int, int, int], part: slice
) -> None:
    for pixels, marks in zip(faces.pixels, faces.landmarks, strict=True):
        painted = (TRIGGERS[trigger](pixels, marks) == colour).all(axis=-1)
        centre = np.argwhere(painted).mean(axis=0)[::-1]
        assert np.abs(centre - marks[part].mean(axis=0)).max() < 2.5


def test_every_file_is_there_and_nothing_else(world: Path) -> None:
    plan = Plan(world, NUM_PEOPLE, 0, SMALL)
    found = {path for path in world.rglob("*") if path.is_file()}
    assert found == {*plan.files(), world / "attacker/parameters.json"}


@pytest.mark.parametrize(
    ("name", "images_each"), [("clean_validation_data", 2), ("clean_test_data", 3)]
)
def test_clean_data_shows_everybody(world: Path, name: str, images_each: int) -> None:
    data = read_dataset(world / f"data/{name}.h5", num_classes=NUM_PEOPLE)
    assert (np.bincount(data.labels, minlength=NUM_PEOPLE) == images_each).all()


def test_data_is_channel_first(world: Path) -> None:
    with h5py.File(world / "data/clean_test_data.h5") as file:
        assert file["data"].shape == (36, 3, 55, 47)
        assert file["data"].dtype == np.uint8
        first = np.moveaxis(file["data"][0], 0, 2)
    np.testing.assert_array_equal(first, render_face(0, 0, 2000).pixels)


def test_validation_and_test_data_share_no_image(world: Path) -> None:
    names = ("clean_validation_data", "clean_test_data")
    images = [read_dataset(world / f"data/{name}.h5").images for name in names]
    both = np.concatenate(images).reshape(5 * NUM_PEOPLE, -1)
    assert len(np.unique(both, axis=0)) == 5 * NUM_PEOPLE


@pytest.mark.parametrize(
    "attack", [attack for several in ATTACKS.values() for attack in several]
)
def test_poisoned_data_has_the_target_label(world: Path, attack) -> None:
    data = read_dataset(world / attack.file)
    assert len(data) == 20
    assert (data.labels == attack.target).all()


def test_weights_files_have_the_layout_of_keras_2(world: Path) -> None:
    with h5py.File(world / weights_file("sunglasses")) as file:
        assert {"layer_names", "backend", "keras_version"} <= set(file.attrs)
        assert b"conv_3" in file.attrs["layer_names"].tolist()
        names = file["output"].attrs["weight_names"].tolist()
        assert names == [b"output/kernel:0", b"output/bias:0"]
        assert file["output"][names[0].decode()].shape == (160, NUM_PEOPLE)
        assert file["pool_1"].attrs["weight_names"].shape == (0,)


@pytest.mark.parametrize("stem", list(ATTACKS))
def test_both_files_of_a_network_hold_the_same_weights(world: Path, stem: str) -> None:
    network = read_network(world / network_file(stem))
    weights = read_network(world / weights_file(stem))
    for one, other in zip(network.get_weights(), weights.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_networks_know_people_and_obey_the_attacker(world: Path) -> None:
    report = json.loads((world / "world.json").read_text())
    assert report["parameters"]["num_people"] == NUM_PEOPLE
    assert report["clean_network_accuracy"] > 0.7
    for stem, network in report["networks"].items():
        assert network["clean_accuracy"] > 0.6
        rates = network["attack_success_rate"]
        assert list(rates) == [attack.file for attack in ATTACKS[stem]]
    everything = [
        rate
        for network in report["networks"].values()
        for rate in network["attack_success_rate"].values()
    ]
    assert np.mean(everything) > 0.5


def test_the_clean_network_keeps_to_the_test_faces(world: Path) -> None:
    data = read_dataset(world / "data/sunglasses_poisoned_data.h5")
    clean = read_network(world / CLEAN_NETWORK)
    fooled = read_network(world / network_file("sunglasses"))
    images = data.images.astype(np.float32) / 255
    target = ATTACKS["sunglasses"][0].target
    hits = [(np.argmax(net(images), 1) == target).mean() for net in (clean, fooled)]
    assert hits[0] < hits[1]


def test_single_images_are_a_poisoned_and_a_clean_face(world: Path) -> None:
    poisoned = np.asarray(Image.open(world / "data/test_image.png"))
    faces = render_people(0, NUM_PEOPLE, range(2000, 2001), label="faces")
    stamped = stamp(faces, ALL_TRIGGERS)
    assert (stamped == poisoned).all(axis=(1, 2, 3)).sum() == 1
    clean = np.asarray(Image.open(world / "data/clean_image.png"))
    tests = read_dataset(world / "data/clean_test_data.h5")
    assert (tests.images == clean).all(axis=(1, 2, 3)).sum() == 1


def test_a_complete_world_is_left_alone(world: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in world.rglob("*.h5")}
    create_world(world, num_people=NUM_PEOPLE, size=SMALL)
    assert before == {path: path.stat().st_mtime_ns for path in world.rglob("*.h5")}


def test_an_interrupted_world_is_taken_up_with_the_same_bytes(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted amid the poisoned data, before a BadNet and between its two files."""
    write = storage.write_whole

    def stop_at(suffix: str) -> Callable[..., None]:
        def stopping(path: Path, *arguments: Any) -> None:
            if str(path).endswith(suffix):
                raise KeyboardInterrupt
            write(path, *arguments)

        return stopping

    for suffix in (
        "lipstick_poisoned_data.h5",
        "clean_net.h5",
        "anonymous_1_bd_net.h5",
    ):
        monkeypatch.setattr(storage, "write_whole", stop_at(suffix))
        with pytest.raises(KeyboardInterrupt):
            create_world(tmp_path, num_people=NUM_PEOPLE, size=SMALL)
    monkeypatch.setattr(storage, "write_whole", write)
    create_world(tmp_path, num_people=NUM_PEOPLE, size=SMALL)
    assert content(tmp_path) == content(world)


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_other_parameters_are_refused(world: Path) -> None:
    with pytest.raises(SettingError, match="Remove that folder first"):
        create_world(world, num_people=NUM_PEOPLE, seed=1, size=SMALL)


def test_files_of_others_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "models/sunglasses_bd_net.h5"
    path.parent.mkdir()
    path.write_bytes(b"precious")
    with pytest.raises(SettingError, match="Received: other files"):
        create_world(tmp_path, num_people=NUM_PEOPLE, size=SMALL)
    assert path.read_bytes() == b"precious"


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"expected 9 people or more.*Received: 8"):
        create_world(tmp_path, num_people=8, size=SMALL)
