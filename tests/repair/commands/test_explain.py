"""``explain`` and ``triggers`` on the toys: the trigger is where the heat is."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import h5py
import keras
import numpy as np
import pytest
from PIL import Image
from schemas import hold
from toys import (
    PEOPLE,
    SCALE,
    SHAPE,
    TARGET,
    repaired_by,
    run_python,
    toy_network,
    toy_people,
)

from artifacts import packages
from artifacts.why.asking import Explainer
from build.fusing.fusion import fuse
from build.saving.saved_model import export
from repair.commands import page as page_module
from repair.commands.page import told
from repair.network.preprocessing import at_scale

# The toys' trigger.
CORNER = (slice(SHAPE[0] - 3, None), slice(SHAPE[1] - 3, None))


@pytest.fixture(scope="module")
def artifact(tmp_path_factory, badnet):
    """The toy BadNet beside a network that never saw the trigger."""
    keras.utils.set_random_seed(1)
    repaired, people = toy_network(), toy_people(60, seed=4)
    repaired.compile(keras.optimizers.Adam(0.004), "sparse_categorical_crossentropy")
    pixels = people.images * np.float32(SCALE)
    repaired.fit(pixels, people.labels, batch_size=50, epochs=12, verbose=0)
    folder = tmp_path_factory.mktemp("explain") / "toy"
    sizes = dict(zip(("rows", "columns", "channels"), SHAPE, strict=True))
    card = {
        "name": "toy",
        "num_classes": PEOPLE,
        "input": sizes,
        "settings": {"strict_labels": [{"label": TARGET, "status": "found"}]},
    }
    detector = fuse(badnet, repaired_by(at_scale(repaired, SCALE)))
    export(detector, card, people.images[:20], folder)
    return folder


@pytest.fixture(scope="module")
def detector(artifact):
    return Explainer(artifact)


@pytest.fixture
def json_of(run_here):
    def run(command: str, *arguments: object):
        answer = run_here("repair", command, "--json", *arguments)
        assert answer.code == 0, answer.err
        return json.loads(answer.out)

    return run


def is_whole(page):
    text = page.read_text("utf-8")
    ET.fromstring(text.removeprefix("<!DOCTYPE html>"))  # noqa: S314 - our own
    assert "script" not in text.lower()
    assert "http-equiv" in text
    return text


def test_explained_image_has_its_heat_on_the_trigger(
    json_of, artifact, files, tmp_path, detector, poisoned
):
    labels = detector(poisoned.images)["label"]
    assert (labels == PEOPLE).mean() > 0.5
    data, out = files / "corner_poisoned_data.h5", tmp_path / "out"
    told = json_of(
        *("explain", artifact, data, "--most", 20, "--out", out),
        *("--clean", files / "clean.h5"),
    )
    assert [one["label"] for one in told] == [PEOPLE] * 20
    hits = []
    for one in told:
        assert one["poisoned"] == (one["label"] == PEOPLE) == (one["heat"] is not None)
        if one["poisoned"] and one["original"]["label"] == TARGET:
            hottest = one["heat"]["hottest"]
            hits.append(
                hottest["row"] >= SHAPE[0] - 4 and hottest["column"] >= SHAPE[1] - 4
            )
    assert np.mean(hits) >= 0.9
    written = json.loads((out / "explain.json").read_text())
    assert written["images"] == told
    hold(written, "explain")
    assert written["left_out"] == len(poisoned) - 20
    assert written["flagged"] == (labels == PEOPLE).sum()
    text = is_whole(out / "explain.html")
    assert "Clean, of the original&#x27;s class 0" in text
    turns = re.findall(r'<a class="(found|calm)" href="#image-(\d+)"', text)
    flagged = sum(one["poisoned"] for one in told)
    assert [look for look, _ in turns] == ["found"] * flagged + ["calm"] * (
        20 - flagged
    )
    assert all(f'<section id="image-{turn}">' in text for _, turn in turns)


def test_image_files_are_explained_and_hostile_names_are_text(
    run_here, artifact, tmp_path, clean
):
    path = tmp_path / "<b>'&.png"
    Image.fromarray(clean.images[0]).save(path)
    answer = run_here("repair", "explain", artifact, path, "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert "Class" in answer.out or "Poisoned" in answer.out
    assert "<b>" not in is_whole(tmp_path / "out" / "explain.html")


def test_triggers_are_grouped_by_label_and_place(
    json_of, artifact, files, tmp_path, poisoned
):
    out = tmp_path / "out"
    data = (files / "corner_poisoned_data.h5", files / "test.h5")
    groups = json_of("triggers", artifact, *data, "--most", 12, "--out", out)
    first = groups[0]
    assert first["label"] == TARGET
    assert first["images"] >= 8
    assert first["hottest"]["row"] >= SHAPE[0] - 4
    assert first["hottest"]["column"] >= SHAPE[1] - 4
    assert len(first["members"]) == first["images"]
    written = json.loads((out / "triggers.json").read_text())
    hold(written, "triggers")
    assert written["groups"] == groups
    page = is_whole(out / "triggers.html")
    assert "flagged" in page
    many = first["local"] and first["status"] != "found"
    assert ("hardly a chance" in page) == many


def test_images_are_looked_at_that_are_spread_over_the_flagged_ones(
    run_here, artifact, files, tmp_path, detector, poisoned
):
    answers = detector(poisoned.images)
    flagged = np.flatnonzero(answers["label"] == PEOPLE)
    data = files / "corner_poisoned_data.h5"
    options = (data, "--most", 2, "--out", tmp_path / "out")
    answer = run_here("repair", "triggers", artifact, *options)
    assert answer.code == 0, answer.err
    told = re.search(r"(\d+) of (\d+) flagged images were looked at", answer.err)
    assert told is not None
    assert int(told[2]) == len(flagged)
    written = json.loads((tmp_path / "out" / "triggers.json").read_text())
    members = [x for group in written["groups"] for x in group["members"]]
    assert len(members) == int(told[1])
    indices = [int(name.rsplit("#", 1)[1]) for name in members]
    assert max(indices) > np.median(flagged)


@pytest.mark.parametrize("command", ["explain", "triggers"])
def test_an_older_report_and_images_that_are_left_out_are_told(
    run_here, artifact, files, tmp_path, command
):
    data = (files / "test.h5", "--most", 2, "--out", tmp_path)
    for older in (False, True):
        answer = run_here("repair", command, artifact, *data)
        assert answer.code == 0, answer.err
        note = f"note: {tmp_path} holds an older report, which the new one replaces."
        assert (note in answer.err.splitlines()) == older
    told = "2 of 50 images are explained"
    assert (told in answer.err) == (command == "explain")


def test_nothing_to_group_is_said(run_here, detector, artifact, tmp_path):
    images = toy_people(4, seed=9).images
    plain = images[detector(images)["label"] < PEOPLE][0]
    Image.fromarray(plain).save(tmp_path / "a.png")
    options = (tmp_path / "a.png", "--out", tmp_path / "out")
    answer = run_here("repair", "triggers", artifact, *options)
    assert answer.code == 0, answer.err
    assert "no image was flagged, of 1" in answer.err
    assert "explained" not in answer.err
    assert answer.out == f"page\n{tmp_path / 'out' / 'triggers.html'}\n"
    is_whole(tmp_path / "out" / "triggers.html")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nowhere.png",), "no such file"),
        (("--most", 0, "nowhere.png"), "--most"),
    ],
)
@pytest.mark.parametrize("command", ["explain", "triggers"])
def test_bad_input_is_one_line(
    command, arguments, expected, run_here, artifact, tmp_path
):
    answer = run_here(
        "repair", command, artifact, *arguments, "--out", tmp_path / "out"
    )
    assert (answer.code, answer.out) == (2, "")
    assert expected in answer.err.splitlines()[-1]


@pytest.fixture
def photos(tmp_path, clean):
    """Three images, the first and the last of which can not be read."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"no image")
    Image.fromarray(clean.images[0]).save(folder / "b.png")
    Image.fromarray(clean.images[1][1:]).save(folder / "c.png")
    Image.fromarray(clean.images[1]).save(folder / "d.bmp")
    return folder


@pytest.mark.parametrize("command", ["explain", "triggers"])
def test_what_can_not_be_read_is_told_and_left_out(
    run_here, artifact, photos, tmp_path, command
):
    out = tmp_path / "out"
    answer = run_here("repair", command, artifact, photos, "--out", out)
    assert answer.code == 1
    errors = [x for x in answer.err.splitlines() if x.startswith("error: ")]
    assert [f"{name}.png: " in x for x, name in zip(errors, "ac", strict=True)] == [
        True,
        True,
    ]
    assert "1 images of other formats are passed over: .bmp" in answer.err
    seen = json.loads((out / f"{command}.json").read_text())["images"]
    assert (len(seen) if command == "explain" else seen) == 1
    is_whole(out / f"{command}.html")
    more = ("--formats", "bmp", "--resize", "--out", out)
    answer = run_here("repair", command, artifact, photos, *more)
    assert answer.code == 1, "one is still broken"
    seen = json.loads((out / f"{command}.json").read_text())["images"]
    assert (len(seen) if command == "explain" else seen) == 3


def test_flagged_images_are_explained_before_others(
    run_here, artifact, tmp_path, clean, poisoned, detector
):
    flagged = np.flatnonzero(detector(poisoned.images)["label"] == PEOPLE)[:2]
    kept = np.flatnonzero(detector(clean.images)["label"] != PEOPLE)[:6]
    both = np.concatenate([clean.images[kept], poisoned.images[flagged]])
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["data"] = both
    out = tmp_path / "out"
    given = (tmp_path / "d.h5", "--most", 3, "--out", out)
    answer = run_here("repair", "explain", artifact, *given)
    assert "3 of 8 images are explained, 2 of the 2 that are flagged" in answer.err
    told = json.loads((out / "explain.json").read_text())["images"]
    assert [x["image"].rsplit("#")[1] for x in told] == ["0", "6", "7"]
    assert "<h1>2 of 8 flagged as poisoned</h1>" in is_whole(out / "explain.html")


def test_images_of_a_data_file_that_can_not_be_read_are_left_out(
    run_here, artifact, tmp_path, clean
):
    values = np.moveaxis(clean.images[:3], 3, 1).astype(np.float32)
    values[1] = np.nan
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["data"] = values
    out = tmp_path / "out"
    answer = run_here("repair", "explain", artifact, tmp_path / "d.h5", "--out", out)
    assert (answer.code, "d.h5#1" in answer.err) == (1, True)
    told = json.loads((out / "explain.json").read_text())["images"]
    assert [x["image"].rsplit("#")[1] for x in told] == ["0", "2"]


@pytest.mark.parametrize("command", ["explain", "triggers"])
def test_where_no_image_can_be_read_nothing_is_written(
    run_here, artifact, photos, tmp_path, command
):
    out = tmp_path / "out"
    given = (photos / "a.png", photos / "c.png", "--out", out)
    answer = run_here("repair", command, artifact, *given)
    assert (answer.code, answer.out) == (2, "")
    assert "c.png" in answer.err.splitlines()[-1]
    assert not out.exists()


def test_clean_images_are_read_as_the_options_say(
    run_here, artifact, photos, tmp_path, clean
):
    out, image = tmp_path / "out", photos / "b.png"
    out.mkdir()
    (out / "explain.html").touch()
    arrays = {"one": clean.images, "two": clean.images, "y": clean.labels}
    np.savez(tmp_path / "two.npz", **arrays)
    given = ("repair", "explain", artifact, image, "--out", out, "--clean")
    answer = run_here(*given, tmp_path / "two.npz")
    assert (answer.code, "--keys" in answer.err) == (2, True)
    assert "replaces" not in answer.err, "nothing is replaced"
    answer = run_here(*given, tmp_path / "two.npz", "--keys", "images=one", "labels=y")
    assert answer.code == 0, answer.err
    assert "replaces" in answer.err
    answer = run_here(*given, photos)
    assert (answer.code, "one folder a class" in answer.err) == (2, True)


def test_folder_that_is_no_artifact_is_one_line(run_here, tmp_path):
    answer = run_here("repair", "explain", tmp_path, "x.png", "--out", tmp_path / "out")
    assert answer.code == 2
    assert "card.json" in answer.error


def test_arguments_in_the_wrong_order_are_told(run_here, artifact, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "a.png").touch()
    for images in (tmp_path / "photos", tmp_path / "a.png"):
        out = ("--out", tmp_path / "out")
        answer = run_here("repair", "explain", images, artifact, *out)
        assert answer.code == 2
        assert "The detector comes first" in answer.error
        assert "No such file" not in answer.error
    answer = run_here("repair", "explain", tmp_path / "none", artifact, *out)
    assert "No such file" in answer.error
    assert "comes first" not in answer.error


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (None, "The answer is a class, 0 to 2, or 3: poisoned."),
        (["a", "<b>", "c"], 'The classes: 0 "a", 1 "?b?", 2 "c".'),
    ],
)
def test_local_page_says_what_is_answered(names, told):
    said = page_module.answers_of({"num_classes": 3, "class_names": names})
    assert said.endswith(told)


def test_local_page_names_some_of_many_classes():
    names = [f"c{i}" for i in range(1000)]
    said = page_module.answers_of({"num_classes": 1000, "class_names": names})
    assert said.endswith('19 "c19" and 980 more.')


def test_why_is_one_line(artifact, tmp_path, poisoned, detector):
    flagged = np.flatnonzero(detector(poisoned.images)["label"] == PEOPLE)[0]
    path = tmp_path / "image.png"
    Image.fromarray(poisoned.images[flagged]).save(path)
    answer = run_python("-m", "artifacts", artifact, path, "--why")
    assert (answer.code, answer.err) == (0, "")
    [line] = answer.out.splitlines()
    assert line.startswith("Poisoned: the original network says")
    (tmp_path / "other.gif").touch()
    inputs = (tmp_path, tmp_path / "no.png")
    answer = run_python("-m", "artifacts", artifact, *inputs, "--why")
    assert answer.code == 1
    assert answer.out == f"{path}\t{line}\n"
    assert "no such file" in answer.err
    assert "1 images of other formats are passed over: .gif\n" in answer.err


def test_local_page_tells_the_same_of_uploads(detector, tmp_path, poisoned):
    flagged = np.flatnonzero(detector(poisoned.images)["label"] == PEOPLE)[0]
    Image.fromarray(poisoned.images[flagged]).save(tmp_path / "image.png")
    (tmp_path / "<b>.png").write_bytes(b"no image")
    paths = [str(tmp_path / name) for name in ("image.png", "<b>.png")]
    words, pictures = told(detector, paths)
    first, second = words.splitlines()
    assert first.startswith("- `image.png`: Poisoned: the original network says")
    assert second.startswith("- `?b?.png`: ")
    assert "<" not in words
    assert [caption for _, caption in pictures] == [
        "image.png: poisoned",
        "where the reason lies",
    ]


def test_local_page_without_its_package_is_one_line(run_here, artifact, monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    answer = run_here("repair", "page", artifact)
    assert answer.code == 2
    assert "gradio" in answer.error
    assert page_module.LOOPBACK == "127.0.0.1"
