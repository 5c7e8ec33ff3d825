"""``.keras`` archives: whole ones are read where they lie, all others are refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import assert_read_as_keras, lively, saved
from toys import SHAPE

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network
from repair.reading.stored import keras_archive
from repair.reading.stored.windows import Window

IMAGES = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype(np.float32)


def network() -> keras.Model:
    images = keras.Input(SHAPE)
    x = layers.Conv2D(5, 3, activation="relu")(layers.Rescaling(1 / 255)(images))
    x = layers.Flatten()(x)
    return lively(keras.Model(images, layers.Dense(4, activation="softmax")(x)))


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return saved(network(), tmp_path_factory.mktemp("fine"), ".keras")


def again(path: Path, out: Path, method: int) -> Path:
    """The same members, packed anew."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out


def test_archive_answers_as_keras(tmp_path):
    assert_read_as_keras(network(), tmp_path, (".keras", ".weights.h5"))


def test_compiled_and_trained_archive_answers_as_keras(tmp_path):
    trained = network()
    trained.compile("adam", "sparse_categorical_crossentropy")
    trained.train_on_batch(IMAGES, np.zeros(9))
    assert_read_as_keras(trained, tmp_path, (".keras", ".h5"))


def test_kind_is_told_by_content_not_by_name(path, tmp_path):
    expected = outputs(read_network(path), IMAGES)
    for name in ("network.h5", "network.zip", "network"):
        other = tmp_path / name
        other.write_bytes(path.read_bytes())
        np.testing.assert_array_equal(outputs(read_network(other), IMAGES), expected)


def test_archive_that_was_packed_again_is_read(path, tmp_path):
    packed = again(path, tmp_path / "packed.keras", zipfile.ZIP_DEFLATED)
    expected = outputs(read_network(path), IMAGES)
    np.testing.assert_array_equal(outputs(read_network(packed), IMAGES), expected)


def test_bound_on_what_packed_weights_unpack_to(path, tmp_path, monkeypatch):
    packed = again(path, tmp_path / "packed.keras", zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("model.weights.h5").file_size
    monkeypatch.setattr(keras_archive, "_MAX_UNPACKED", size)
    read_network(packed)
    monkeypatch.setattr(keras_archive, "_MAX_UNPACKED", size - 1)
    with pytest.raises(ModelError, match="unpack to at most"):
        read_network(packed)


def test_stored_weights_are_not_held_in_memory(path, monkeypatch):
    monkeypatch.setattr(keras_archive, "_MAX_UNPACKED", 0)
    read_network(path)


def test_bound_on_members(path, tmp_path, monkeypatch):
    monkeypatch.setattr(keras_archive, "_MAX_MEMBERS", 3)
    read_network(path)
    monkeypatch.setattr(keras_archive, "_MAX_MEMBERS", 2)
    with pytest.raises(ModelError, match="at most 2 members"):
        read_network(path)


@pytest.mark.parametrize("more", [1, 1000, 1 << 30])
def test_directory_that_begins_elsewhere_is_one_line(path, tmp_path, more):
    """Members would lie before the file's own beginning; fuzzing found it."""
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\5\6") + 16
    begins = int.from_bytes(content[place : place + 4], "little")
    content[place : place + 4] = (begins + more).to_bytes(4, "little")
    broken = tmp_path / "broken.keras"
    broken.write_bytes(content)
    with pytest.raises(
        ModelError, match=r"broken\.keras: expected a whole .keras archive"
    ):
        read_network(broken)


def test_names_of_members_are_never_printed_as_they_are(tmp_path):
    """Fuzzing found it; a terminal would obey what they say."""
    other = tmp_path / "other.keras"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("\x1b[31mred\n", "")
    with pytest.raises(ModelError, match="Received: a zip") as error:
        read_network(other)
    assert str(error.value).isprintable()


def test_window_is_a_part_of_a_file(tmp_path):
    whole = tmp_path / "whole"
    whole.write_bytes(bytes(range(100)))
    with whole.open("rb") as file:
        window = Window(whole, file, 10, 20)
        assert window.read() == bytes(range(10, 30))
        assert window.seek(-5, 2) == 15
        assert window.read(99) == bytes(range(25, 30))
        assert window.seek(99) == 99
        assert window.read(1) == b""
        assert repr(window) == str(whole)


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_layer_that_lies_in_two_models_is_stored_once(tmp_path, ending):
    shared = layers.Conv2D(4, 3, padding="same", name="shared")
    within = keras.Input(SHAPE)
    nested = keras.Model(within, layers.ReLU()(shared(within)), name="nested")
    images = keras.Input(SHAPE)
    small = layers.Rescaling(1 / 255)(images)  # so that the softmax leaves differences
    x = layers.Add()([nested(small), shared(small)])
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    made = lively(keras.Model(images, x))
    assert_read_as_keras(made, tmp_path, (".h5",))
    architecture = None
    if ending == ".weights.h5":
        architecture = tmp_path / "model.json"
        architecture.write_text(made.to_json())
    path = saved(made, tmp_path, ending)
    with pytest.raises(
        ModelError, match=r"'shared'.*two models.*save the model as \.h5"
    ):
        read_network(path, architecture=architecture)
