"""Archives whose writer spelled or numbered the folders of weights in a way of its own."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import images_for, lively, on_windows, saved

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network
from repair.reading.stored.folders import spelled_on_windows
from repair.reading.stored.stored_weights import snake_case


@pytest.fixture(scope="module")
def network() -> keras.Model:
    inner = keras.Sequential(
        [keras.Input((12, 10, 3)), layers.Conv2D(4, 3), layers.SeparableConv2D(6, 3)]
    )
    images = keras.Input((12, 10, 3))
    x = inner(layers.Conv2D(3, 1)(layers.Rescaling(1 / 255)(images)))
    x = layers.Reshape((48, 6))(layers.BatchNormalization()(x))
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    return lively(keras.Model(images, x))


@pytest.fixture(scope="module")
def path(network, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("windows")
    return on_windows(saved(network, folder, ".keras"), folder / "windows.keras")


def changed(path: Path, out: Path, change: Callable[[h5py.File], None]) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        content = io.BytesIO(old.read("model.weights.h5"))
        with h5py.File(content, "r+") as file:
            change(file)
        for name in ("metadata.json", "config.json"):
            new.writestr(name, old.read(name))
        new.writestr("model.weights.h5", content.getvalue())
    return out


def test_archive_of_windows_answers_as_its_network(network, path):
    images = images_for(network)
    expected = network.predict(images, verbose=0)
    np.testing.assert_allclose(
        outputs(read_network(path), images), expected, rtol=0, atol=1e-5
    )


def missing(file: h5py.File) -> None:
    del file["layers\\dense"]


def elsewhere(file: h5py.File) -> None:
    del file["layers\\dense"]
    file["layers\\dense"] = h5py.ExternalLink("/etc/passwd", "/")


def no_group(file: h5py.File) -> None:
    del file["layers\\dense"]
    file["layers\\dense"] = np.zeros(3)


@pytest.mark.parametrize("change", [missing, elsewhere, no_group])
def test_others_are_refused(path, tmp_path, change):
    with pytest.raises(ModelError) as refusal:
        read_network(changed(path, tmp_path / "n.keras", change))
    assert "fault of this program" not in str(refusal.value)


def test_names_of_many_parts_are_no_paths():
    with h5py.File(io.BytesIO(), "w") as file:
        file.create_group("\\".join("a" * 9999))
        file.create_group("layers\\dense")
        file.create_group("vars")
        assert set(spelled_on_windows(file).paths) == {"layers", "layers\\dense"}


def of_a_kind(*made: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((12, 10, 3)), *made])


@pytest.fixture(scope="module")
def repeating() -> keras.Model:
    """A network with several layers, and several models, of a class."""
    x = of_a_kind(layers.RandomFlip())(images := keras.Input((12, 10, 3)))
    for _ in range(2):
        x = of_a_kind(*(layers.Conv2D(3, 3, padding="same") for _ in range(2)))(x)
        x = layers.Dropout(0.5)(x)
    for _ in range(2):
        x = layers.BatchNormalization()(layers.Conv2D(5, 3)(x))
    x = layers.Dense(6, "relu")(layers.Flatten()(x))
    return lively(keras.Model(images, layers.Dense(4, "softmax")(x)))


def as_tf_keras(network: keras.Model, step: int) -> Callable[[h5py.File], None]:
    """Keeps weights as tf.keras 2.12 to 2.15: one with weights takes ``step`` numbers."""

    def moved(model: keras.Model, old: h5py.Group, new: h5py.Group) -> None:
        counts, there = Counter[str](), Counter[str]()
        below = new.create_group("_layer_checkpoint_dependencies")
        for layer in model.layers:
            kind = snake_case(type(layer).__name__)
            names = [
                f"{kind}_{count[kind]}" if count[kind] else kind
                for count in (there, counts)
            ]
            there[kind] += 1
            counts[kind] += step if layer.weights else 1
            folder = below.create_group(names[1])
            if isinstance(layer, keras.Model):
                moved(layer, old[f"layers/{names[0]}"], folder)
            elif layer.weights:
                old.copy(f"layers/{names[0]}/vars", folder, "vars")
            else:
                folder.create_group("vars")

    def change(file: h5py.File) -> None:
        moved(network, file, file)
        del file["layers"]

    return change


@pytest.mark.parametrize("step", [1, 2])
def test_folders_of_tf_keras_are_read_however_they_are_counted(
    repeating, tmp_path, step
):
    plain = saved(repeating, tmp_path, ".keras")
    path = changed(plain, tmp_path / "n.keras", as_tf_keras(repeating, step))
    images = images_for(repeating)
    expected = repeating.predict(images, verbose=0)
    np.testing.assert_allclose(
        outputs(read_network(path), images), expected, rtol=0, atol=1e-5
    )
