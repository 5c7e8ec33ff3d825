"""Archives whose writer spelled the paths of weights as Windows does."""

from __future__ import annotations

import io
import zipfile
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
