"""``python -m repair``: every command on the toys, its JSON, and its refusals."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from schemas import hold
from toys import SHAPE, Answer, run_python, toy_people, triggered

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.network.inference import predicted_labels
from repair.network.preprocessing import at_scale
from repair.reading.data_file import read_dataset, write_dataset
from repair.reading.network_file import read_network

SHAPE_OPTION = ("--image-shape", *SHAPE)
QUICK = ("--method", "fine-pruning", "--fraction", 0.25, "--epochs", 1)
# Keras's own use of NumPy when it saves HDF5.
keras_saves = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")


@pytest.fixture
def rows(run_here):
    """Runs a command with ``--json`` and gives its rows, which are as their schema says."""

    def run(command: str, *arguments: object) -> list[dict]:
        answer = run_here("repair", command, "--json", *arguments)
        assert answer.code == 0, answer.err
        found: list[dict] = json.loads(answer.out)
        hold(found, f"{command}_rows")
        return found

    return run


def share(hits: np.ndarray) -> float:
    return float(np.mean(hits))


def test_accuracy_of_a_network(rows, files, badnet, clean):
    both = (files / "clean.h5", files / "corner_poisoned_data.h5")
    found = rows("accuracy", files / "badnet.h5", *both)
    assert [row["data"] for row in found] == [str(path) for path in both]
    for row, path in zip(found, both, strict=True):
        data = read_dataset(path, image_shape=SHAPE)
        answers = predicted_labels(badnet, data.images)
        assert row["accuracy"] == share(answers == data.labels)
        assert row["images"] == len(data)


def test_scale_option_is_obeyed(rows, files, trained, clean):
    found = rows("accuracy", files / "badnet.h5", files / "clean.h5", "--scale", "raw")
    answers = predicted_labels(at_scale(trained, 1.0), clean.images)
    assert found[0]["accuracy"] == share(answers == clean.labels)


def test_accuracy_of_an_artifact(rows, files, artifact):
    network = rows("accuracy", files / "badnet.h5", files / "clean.h5")[0]
    detector = rows("accuracy", artifact, files / "clean.h5")[0]
    assert 0.8 < detector["accuracy"] <= network["accuracy"]


def test_defence_of_a_network_and_of_its_artifact_agree(rows, files, artifact):
    """Two ways to the same figures: arrays here, the SavedModel there."""
    data = ("--clean", files / "clean.h5", "--test", files / "test.h5")
    data += ("--poisoned", files / "corner_poisoned_data.h5")
    options = ("--method", "fine-pruning", "--fraction", 0.25, "--epochs", 2)
    here = rows("defence", files / "badnet.h5", *data, *options)
    there = rows("defence", artifact, *data)
    names = {row["network"] for row in here}
    assert names == {"BadNet", "pruned", "repaired", "detector"}
    assert [row for row in here if row["network"] != "pruned"] == there
    assert [row["data"] for row in there[::3]] == [
        "clean validation",
        "clean test",
        "corner",
    ]
    badnet_row = there[6]
    assert badnet_row["ASR"] > 0.9
    assert badnet_row["detection"] == 0
    for row in there:
        rates = [v for v in row.values() if isinstance(v, float)]
        assert rates
        assert all(0 <= rate <= 1 for rate in rates)


@pytest.mark.parametrize("fitted", ["clean", "test"])
def test_images_that_a_detector_was_fitted_to_are_told_wherever_they_are_given(
    rows, files, artifact, fitted
):
    data = [files / "clean.h5", files / "test.h5"]
    clean, test = data if fitted == "clean" else data[::-1]
    found = rows("defence", artifact, "--clean", clean, "--test", test)
    told = {row["data"] for row in found if "measured on" in row}
    assert told == {f"clean {'validation' if fitted == 'clean' else 'test'}"}


def test_the_first_data_tell_the_first_label_of_the_others(rows, files, tmp_path):
    data = read_dataset(files / "test.h5", image_shape=SHAPE)
    few = data.subset(data.labels < 3)
    paths = [tmp_path / "all.npz", tmp_path / "few.npz"]
    for path, each in zip(paths, (data, few), strict=True):
        np.savez(path, x=each.images, y=each.labels + 1)
    found = rows("accuracy", files / "badnet.h5", *paths)
    assert all(row["accuracy"] > 0.9 for row in found)


def test_defence_with_flags_and_nothing_fooled(rows, files, tmp_path):
    people = toy_people(4, seed=11)
    flags = np.arange(20) < 15
    images = np.where(
        flags[:, None, None, None], triggered(people.images), people.images
    )
    # No image gets label 4 from the trigger, so nothing is fooled: NaN, null in JSON.
    write_dataset(tmp_path / "bad.h5", Dataset(images, np.full(20, 4)))
    (tmp_path / "flags.pkl").write_bytes(pickle.dumps(flags.tolist()))
    found = rows(
        *("defence", files / "badnet.h5", "--clean", files / "clean.h5", *QUICK),
        *("--poisoned", tmp_path / "bad.h5", "--flags", tmp_path / "flags.pkl"),
    )
    poisoned = [row for row in found if row["data"] == "bad"]
    assert {row["network"] for row in poisoned} >= {"BadNet", "detector"}
    assert poisoned[0]["FPR"] == 0
    assert all(row["detection (fooled)"] is None for row in poisoned)


def test_defence_without_poisoned_data_and_labels(rows, files, tmp_path):
    with (
        h5py.File(files / "clean.h5") as file,
        h5py.File(tmp_path / "u.h5", "w") as new,
    ):
        new["data"] = file["data"][()]
    clean = ("--clean", tmp_path / "u.h5", "--unlabelled")
    found = rows("defence", files / "badnet.h5", *clean, *QUICK)
    assert {row["data"] for row in found} == {"clean validation"}
    assert found[0]["clean accuracy"] == 1  # the BadNet against its own answers


@keras_saves
def test_fine_prune_saves_networks_that_are_read_again(rows, files, tmp_path):
    other = tmp_path / "other_bd_net.h5"
    other.write_bytes((files / "badnet.h5").read_bytes())
    out = tmp_path / "new" / "folder"
    models = (files / "badnet.h5", other)
    found = rows(
        "fine-prune", *models, "--clean", files / "clean.h5", "--out", out, *QUICK
    )
    names = ["badnet_repaired.h5", "other_repaired.h5"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert [row["network"] for row in found] == [str(out / name) for name in names]
    clean = read_dataset(files / "clean.h5", image_shape=SHAPE)
    for row, name in zip(found, names, strict=True):
        network = read_network(out / name)
        kernel, _ = network.get_layer("conv_3").get_weights()
        assert (kernel == 0).all(axis=(0, 1, 2)).sum() >= 2
        answers = predicted_labels(at_scale(network, 1 / 255), clean.images)
        assert share(answers == clean.labels) == row["clean accuracy (validation)"]


def test_check_says_what_a_file_holds(rows, tmp_path):
    data = Dataset(
        toy_people(2, seed=1).images, np.array([0, 1, 2, 3, 5, 5, 6, 0, 1, 4])
    )
    write_dataset(tmp_path / "d.h5", data)
    found = rows("check", tmp_path / "d.h5", "--num-classes", 5, *SHAPE_OPTION)
    assert found == [
        {
            "data": str(tmp_path / "d.h5"),
            "images": 10,
            "shape": "12x10x3",
            "pixels": f"{data.images.min()}..{data.images.max()}",
            "labels": "0..6",
            "different labels": 7,
            "label = N": 2,
            "label > N": 1,
        }
    ]


def test_sheet_draws_what_was_asked_for(rows, files, tmp_path):
    out = tmp_path / "sheet.png"
    sizes = []
    for count in (1, 25, 999):
        found = rows(
            *("sheet", files / "clean.h5", "--out", out, "--first", 190),
            *("--count", count, *SHAPE_OPTION),
        )
        assert found == [{"picture": str(out), "images": min(count, 10)}]
        with Image.open(out) as picture:
            assert picture.format == "PNG"
            sizes.append(picture.size)
    assert sizes[0] < sizes[1] == sizes[2]


@pytest.mark.parametrize("ending", [".csv", ".npy", ".txt", ".pkl"])
def test_flags_find_purple_and_are_read_by_defence(rows, tmp_path, ending):
    images = toy_people(2, seed=1).images
    images[3, 4:7, 2:8] = (128, 0, 128)
    write_dataset(tmp_path / "d.h5", Dataset(images, np.zeros(10, int)))
    out = tmp_path / f"flags{ending}"
    found = rows("flags", tmp_path / "d.h5", "--out", out, *SHAPE_OPTION)
    assert found == [{"flags": str(out), "images": 10, "with trigger": 1, "share": 0.1}]
    assert out.stat().st_size > 0


def test_plain_answer_is_a_table_in_percent(run_here, files):
    answer = run_here("repair", "accuracy", files / "badnet.h5", files / "clean.h5")
    header, line = answer.out.splitlines()
    assert header.split() == ["data", "images", "accuracy"]
    assert re.fullmatch(rf"{re.escape(str(files))}\S+ +200 +\d+\.\d\d %", line)
    assert answer.err == ""


@pytest.fixture
def refuse(run_here):
    def run(message: str, *arguments: object) -> None:
        answer: Answer = run_here("repair", *arguments)
        assert answer.code == 2
        assert re.search(message, answer.error), answer.error

    return run


def test_input_errors_are_one_line_and_exit_2(refuse, files, tmp_path):
    model, clean = files / "badnet.h5", files / "clean.h5"
    text = tmp_path / "text.h5"
    text.write_text("text")
    shape = SHAPE_OPTION
    refuse("no such file", "accuracy", tmp_path / "no.h5", clean)
    refuse("no such file", "accuracy", model, tmp_path / "no.h5")
    refuse("card.json", "accuracy", tmp_path, clean)
    refuse("is a text", "accuracy", text, clean)
    refuse("'data'", "accuracy", model, model)
    refuse("Keras model", "accuracy", clean, clean)
    refuse(r"\(n, 3, 55, 47\)", "check", clean, "--image-shape", 55, 47, 3)
    refuse("is a text", "check", clean, text, *shape)
    sheet = ("sheet", clean, "--out", tmp_path / "s.png", *shape)
    refuse("none from 200 on", *sheet, "--first", 200)
    refuse(r"ends in \.png\. Received: \.jpg", *sheet, "--out", tmp_path / "s.jpg")
    refuse("ending", "flags", clean, "--out", tmp_path / "f.json", *shape)
    refuse("convolution", "defence", model, "--clean", clean, "--layer", "fc_1",
           "--method", "reference")  # fmt: skip
    refuse("fraction", "defence", model, "--clean", clean, "--fraction", 1.5,
           "--method", "reference")  # fmt: skip
    refuse("a file", "fine-prune", model, "--clean", clean, "--out", text)


def test_data_without_a_network_are_not_held_against_faces(refuse, tmp_path):
    images = np.full((5, 8, 8, 3), 200, np.uint8)
    labels = np.arange(5)
    for name, array, message in (
        ("rows", images.reshape(5, -1), "one row of numbers"),
        ("last", np.moveaxis(images, 0, 3), "The axis of images is the last"),
        ("deep", images[..., None], "Say the size: --image-shape"),
    ):
        np.savez(tmp_path / f"{name}.npz", images=array, labels=labels)
        refuse(message, "check", tmp_path / f"{name}.npz")
    flat = tmp_path / "flat"
    flat.mkdir()
    Image.fromarray(images[0]).save(flat / "cat.0.png")
    refuse("Put the images of each class into a folder", "check", flat)


def test_flags_that_do_not_fit_are_refused_at_once(refuse, files, tmp_path):
    (tmp_path / "flags.csv").write_text("1 0 1")
    refuse(
        "expected 80 flags",
        *("defence", files / "badnet.h5", "--clean", files / "clean.h5", *QUICK),
        *("--poisoned", files / "corner_poisoned_data.h5"),
        *("--flags", tmp_path / "flags.csv"),
    )


def test_changed_artifact_is_refused(refuse, files, artifact, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    card = (artifact / "card.json").read_text()
    (broken / "card.json").write_text(card)
    refuse(
        "is missing. Expected the files as they were built",
        "accuracy",
        broken,
        files / "clean.h5",
    )


def test_artifact_with_an_odd_card_is_refused(refuse, files, tmp_path):
    (tmp_path / "card.json").write_text('{"files": {}}')
    refuse("card", "accuracy", tmp_path, files / "clean.h5")


@pytest.mark.parametrize("command", ["sheet", "flags"])
def test_unwritable_places_are_one_line(refuse, files, tmp_path, command):
    out = tmp_path / "missing" / "out.csv"
    refuse("missing", command, files / "clean.h5", "--out", out, *SHAPE_OPTION)


def test_sheet_refuses_negative_places(run_here, files, tmp_path):
    out = ("--out", tmp_path / "s.png", "--first", -3, *SHAPE_OPTION)
    answer = run_here("repair", "sheet", files / "clean.h5", *out)
    assert answer.code == 2
    assert "--first: expected a whole number in 0.." in answer.err


def test_wrong_usage_exits_2_and_prints_nothing(run_here, files):
    for arguments in ((), ("unknown",), ("accuracy",), ("check", "x", "--unknown")):
        answer = run_here("repair", *arguments)
        assert (answer.code, answer.out) == (2, "")
        assert "usage" in answer.err


def test_fresh_process_says_the_same(files):
    missing: Path = files / "no.h5"
    answer = run_python("-m", "repair", "accuracy", missing, files / "clean.h5")
    assert answer.code == 2
    assert answer.error == (
        f"error: {missing}: expected a network, .keras or .h5. Received: no such file."
    )


def test_labels_in_another_order_are_told_before_a_long_inspection(
    run_here, files, tmp_path, monkeypatch
):
    def stop(*_: object, **__: object) -> None:
        raise SettingError("so far.")

    monkeypatch.setattr("repair.commands.inspect.inspect_network", stop)
    data = read_dataset(files / "clean.h5", image_shape=SHAPE)
    labels = np.choose(data.labels % 5, (1, 0, 2, 3, 4)) + data.labels // 5 * 5
    write_dataset(tmp_path / "swapped.h5", Dataset(data.images, labels))
    command = ("repair", "inspect", files / "badnet.h5")
    for name, told in (("clean.h5", False), ("swapped.h5", True)):
        place = (tmp_path if told else files) / name
        answer = run_here(*command, place, "--out", tmp_path / "out")
        assert answer.code == 2
        assert ("0 as 1, 1 as 0" in answer.err) == told
