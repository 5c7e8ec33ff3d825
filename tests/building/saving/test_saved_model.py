"""The SavedModel: three signatures that agree, anywhere, with a card that holds."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from toys import SHAPE, repaired_by, run_python

from build.fusing.fusion import fuse
from build.saving import saved_model as export_module
from build.saving.saved_model import export, share_equal_weights
from repair.errors import RepairError, RepairFailedError
from repair.measuring.saved_detector import SavedDetector
from repair.methods.fine_pruning.mask import copy_network
from repair.network.inference import outputs
from repair.rule import fused_labels

CARD = {
    "name": "toy",
    "num_classes": 5,
    "input": {"rows": 12, "columns": 10, "channels": 3},
}
THRESHOLDS = np.array([3.5, 3, 4, 2, 100], np.float32)

# Loads and asks an artifact where nothing of this project can be imported.
ELSEWHERE = """
import importlib.util, json, sys
import numpy as np, tensorflow as tf
assert not any(map(importlib.util.find_spec, ("repair", "artifacts", "toys")))
images = np.load(sys.argv[2])
detector = tf.saved_model.load(sys.argv[1])
print(json.dumps(detector.serve(tf.constant(images)).numpy().tolist()))
"""


@pytest.fixture(scope="module")
def networks(badnet) -> tuple[keras.Model, keras.Model]:
    repaired = copy_network(badnet)
    rng = np.random.default_rng(0)
    weights = [w + rng.normal(0, 0.25, w.shape) for w in badnet.get_weights()]
    repaired.set_weights(weights)
    return badnet, repaired


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (300, *SHAPE), np.uint8)


@pytest.fixture(scope="module")
def expected(networks, images) -> np.ndarray:
    before, after = (outputs(each, images) for each in networks)
    rule = repaired_by(networks[1], THRESHOLDS).rule
    labels = fused_labels(before, [after], rule)
    assert 20 < (labels == 5).sum() < 280, "the toys agree and disagree"
    return labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory, networks, images) -> Path:
    folder = tmp_path_factory.mktemp("export") / "deeper" / "toy"
    export(
        fuse(networks[0], repaired_by(networks[1], THRESHOLDS)), CARD, images, folder
    )
    return folder


@pytest.fixture(scope="module")
def loaded(folder):
    return tf.saved_model.load(str(folder))


def test_labels_equal_the_rule_image_by_image(loaded, images, expected):
    np.testing.assert_array_equal(loaded.serve(tf.constant(images)), expected)
    one_by_one = [int(loaded.serve(images[i : i + 1])[0]) for i in range(40)]
    assert one_by_one == expected[:40].tolist()


def test_signatures_agree(loaded, images, expected, networks):
    served = loaded.signatures["serving_default"](images=tf.constant(images))
    assert list(served) == ["label"]
    assert served["label"].dtype == tf.int64
    np.testing.assert_array_equal(served["label"], expected)
    explained = loaded.signatures["explain"](images=tf.constant(images))
    assert set(explained) == {
        "evidence",
        "head_evidence",
        "label",
        "original_label",
        "original_confidence",
        "repaired_label",
        "repaired_confidence",
    }
    np.testing.assert_array_equal(explained["label"], expected)
    for name, network in zip(("original", "repaired"), networks, strict=True):
        scores = outputs(network, images)
        labels, shares = explained[f"{name}_label"], explained[f"{name}_confidence"]
        np.testing.assert_array_equal(labels, scores.argmax(axis=1))
        np.testing.assert_allclose(shares, scores.max(axis=1), rtol=1e-4)


def encoded(image: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, **options)
    return buffer.getvalue()


def test_encoded_images_get_the_same_labels(loaded, images, expected):
    ask = loaded.signatures["label_encoded"]
    files = tf.constant([encoded(image, format="PNG") for image in images[:20]])
    np.testing.assert_array_equal(ask(encoded=files)["label"], expected[:20])
    jpegs = [encoded(image, format="JPEG", quality=95) for image in images[:20]]
    pixels = [tf.io.decode_jpeg(jpeg).numpy() for jpeg in jpegs]
    decoded = loaded.serve(tf.constant(np.stack(pixels)))
    np.testing.assert_array_equal(ask(encoded=tf.constant(jpegs))["label"], decoded)
    wrong = tf.constant([encoded(images[0, 1:], format="PNG")])
    with pytest.raises(tf.errors.InvalidArgumentError):
        ask(encoded=wrong)


OTHER_SHAPE = np.zeros((1, 8, 8, 3), np.uint8)


@pytest.mark.parametrize("unfit", [OTHER_SHAPE, tf.constant(OTHER_SHAPE), None])
def test_an_unfit_request_holds_up_no_other_thread(loaded, images, expected, unfit):
    with pytest.raises((TypeError, tf.errors.InvalidArgumentError)):
        loaded.serve(unfit)
    answers: list[np.ndarray] = []
    other = threading.Thread(
        target=lambda: answers.append(loaded.serve(images[:9]).numpy()), daemon=True
    )
    other.start()
    other.join(300)  # never so long, unless it hangs
    assert answers, "another thread waits for ever"
    np.testing.assert_array_equal(answers[0], expected[:9])


def test_no_image_gets_no_label(loaded, images):
    none = tf.constant(images[:0])
    answers = {
        "serve": {"label": loaded.serve(none)},
        "serving_default": loaded.signatures["serving_default"](images=none),
        "explain": loaded.signatures["explain"](images=none),
        "label_encoded": loaded.signatures["label_encoded"](
            encoded=tf.constant([], tf.string)
        ),
    }
    assert len(answers["explain"]) == 7
    for several in answers.values():
        assert several["label"].dtype == tf.int64
        assert all(vector.shape == (0,) for vector in several.values())


def test_every_keras_can_use_it_as_a_layer(folder, images, expected):
    layer = keras.layers.TFSMLayer(str(folder), call_endpoint="serving_default")
    np.testing.assert_array_equal(layer(images)["label"], expected)


def test_loads_where_nothing_of_ours_exists(folder, images, expected, tmp_path):
    np.save(tmp_path / "images.npy", images)
    moved = tmp_path / "moved"
    folder.rename(moved)
    try:
        arguments = ("-I", "-c", ELSEWHERE, moved, tmp_path / "images.npy")
        answer = run_python(*arguments, cwd=tmp_path)
    finally:
        moved.rename(folder)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == expected.tolist()


def test_card_lists_exactly_the_files_and_their_hashes(folder):
    card = json.loads((folder / "card.json").read_bytes())
    listed = card.pop("files")
    assert card == CARD
    present = {path for path in folder.rglob("*") if path.is_file()}
    names = {path.relative_to(folder).as_posix() for path in present}
    assert names == {*listed, "card.json"}
    assert {"saved_model.pb", "variables/variables.index"} < set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_weights_that_networks_have_in_common_are_stored_once(networks):
    original, _ = networks
    inputs = keras.Input(SHAPE)
    copies = [copy_network(original) for _ in range(2)]
    named = [
        keras.Model(x.input, x.output, name=f"copy_{i}") for i, x in enumerate(copies)
    ]
    both = keras.Model(inputs, [each(inputs) for each in named])
    images = np.random.default_rng(0).uniform(0, 255, (3, *SHAPE)).astype("f4")
    before = [np.asarray(x) for x in both(images)]
    share_equal_weights(both)
    stored = {id(weight.value) for weight in both.weights}
    assert len(stored) <= len(original.weights) == len(both.weights) // 2
    for one, other in zip(before, both(images), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_path_of_this_machine_is_inside(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for word in (str(Path(__file__).parent.parent), str(folder.parent)):
                assert word.encode() not in content, path


def test_saved_detector_answers_alike(folder, images, expected, networks):
    detector = SavedDetector(folder)
    assert (detector.num_classes, detector.image_shape) == (5, SHAPE)
    answers = detector.answers(images)
    np.testing.assert_array_equal(answers["detector"], expected)
    for name, network in zip(("BadNet", "repaired"), networks, strict=True):
        labels = outputs(network, images).argmax(axis=1)
        np.testing.assert_array_equal(answers[name], labels)


def test_the_detector_is_checked_in_batches_that_fit_it(
    networks, images, tmp_path, monkeypatch
):
    """Twenty large images at once took 5 GB."""
    asked = []
    whole = export_module.labels_by_network

    def recorded(answer, given, network=None):
        asked.append(network)
        return whole(answer, given, network)

    monkeypatch.setattr(export_module, "labels_by_network", recorded)
    detector = fuse(networks[0], repaired_by(networks[1]))
    export(detector, CARD, images[:20], tmp_path / "toy")
    assert asked == [detector]


@pytest.mark.parametrize(
    "check",
    [
        "raise SystemExit('no such file')",
        """print('{"serve": [0]}')""",
        """print('{"explain": [0]}')""",
        """print('{"label_encoded": []}')""",
    ],
)
def test_failing_check_leaves_the_old_artifact(
    tmp_path, networks, images, monkeypatch, check
):
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "card.json").write_text("{}")
    monkeypatch.setattr(export_module, "_CHECK", check)
    with pytest.raises(RepairFailedError, match="nothing was replaced") as failure:
        export(fuse(networks[0], repaired_by(networks[1])), CARD, images, folder)
    assert "\n" not in str(failure.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["toy", "card.json"]
    assert (folder / "card.json").read_text() == "{}"


def test_card_that_is_no_json_leaves_the_old_artifact(
    tmp_path, networks, images, monkeypatch
):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "card.json").write_text("{}")
    monkeypatch.setattr(export_module, "_check", lambda *_: None)
    with pytest.raises(ValueError, match="not JSON compliant"):
        export(
            fuse(networks[0], repaired_by(networks[1])),
            {"rate": float("nan")},
            images,
            tmp_path / "toy",
        )
    assert [path.name for path in tmp_path.rglob("*")] == ["toy", "card.json"]


def test_folder_that_is_no_artifact_is_not_replaced(
    tmp_path, networks, images, monkeypatch
):
    monkeypatch.setattr(export_module, "_check", lambda *_: None)
    notes = tmp_path / "home" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("precious")
    with pytest.raises(RepairError):
        export(fuse(networks[0], repaired_by(networks[1])), CARD, images, notes.parent)
    assert notes.read_text() == "precious"
