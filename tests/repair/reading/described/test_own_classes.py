"""Models of a class of their maker's own: its code is not in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import pytest
from keras import layers
from saved_networks import saved
from toys import change_model, save_network

from repair.errors import ModelError
from repair.reading.network_file import read_network


class OwnStep(keras.Model):
    """As Keras' guide has it: a functional model, trained in another way."""

    def train_step(self, data: Any) -> Any:
        return {}


class Model(keras.Model):
    """Called like the one of Keras, which it is not."""

    def call(self, inputs: Any, *, training: bool = False) -> Any:
        return 1.0 - super().call(inputs, training=training)


def made(kind: type[keras.Model]) -> keras.Model:
    images = keras.Input((8, 8, 3))
    scores = layers.Dense(4, activation="softmax")(layers.Flatten()(images))
    return kind(images, scores)


@pytest.mark.parametrize("kind", [OwnStep, Model])
def test_own_class_is_refused_with_a_remedy(tmp_path, kind):
    path = saved(made(kind), tmp_path, ".keras")
    with pytest.raises(ModelError, match=r"save keras\.Model\(m\.inputs") as refusal:
        read_network(path)
    assert kind.__name__ in str(refusal.value)
    plain = made(kind)
    plain = keras.Model(plain.inputs, plain.outputs)
    read_network(saved(plain, tmp_path, ".keras"))


def test_own_class_within_a_model_is_refused(tmp_path):
    images = keras.Input((8, 8, 3))
    network = keras.Model(images, made(Model)(images))
    with pytest.raises(ModelError, match="not in the file"):
        read_network(saved(network, tmp_path, ".keras"))


def with_patches(path: Path, version: str) -> Path:
    """A layer without the settings that every layer has, and without its module."""
    images = keras.Input((8, 8, 3))
    inner = layers.Flatten(name="patches")(images)
    scores = layers.Dense(4, activation="softmax")(inner)
    save_network(keras.Model(images, scores), path)

    def change(file: h5py.File) -> None:
        file.attrs["keras_version"] = version
        description = json.loads(file.attrs["model_config"])
        for place in description["config"]["layers"]:
            if place["config"]["name"] == "patches":
                place["class_name"] = "Patches"
                place["config"] = {"patch_size": 16}
                place["name"] = "patches"
                place.pop("module", None)
                place.pop("registered_name", None)
        file.attrs["model_config"] = json.dumps(description)

    return change_model(path, change)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (
            "2.14.0",
            r"'patches' of class 'Patches' .* its maker's own, whose code is not",
        ),
        ("3.3.0", r"operation 'Patches' of layer 'patches' is not supported"),
    ],
)
def test_own_layer_that_leaves_out_what_all_layers_say(tmp_path, version, message):
    with pytest.raises(ModelError, match=message):
        read_network(with_patches(tmp_path / "own.h5", version))
