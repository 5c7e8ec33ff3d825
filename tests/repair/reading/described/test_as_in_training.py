"""A network that is called as in training is asked as at inference, and that is said."""

from __future__ import annotations

import keras
import pytest
from keras import layers
from saved_networks import images_for, lively, saved

from repair.network.inference import outputs
from repair.reading.network_file import read_network

SAID = "training=True"


def network(*, as_in_training: bool | None) -> keras.Model:
    images = keras.Input((12, 10, 3))
    x = layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(images))
    x = layers.BatchNormalization(name="norm")(x, training=as_in_training)
    x = layers.Dropout(0.5)(layers.Flatten()(x), training=True)
    return keras.Model(images, layers.Dense(4, activation="softmax")(x))


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_a_layer(tmp_path, capsys, ending):
    model, twin = network(as_in_training=True), network(as_in_training=False)
    lively(model)
    twin.set_weights(model.get_weights())
    images = images_for(twin)
    found = outputs(read_network(saved(model, tmp_path, ending)), images)
    assert f"'norm' is called with {SAID}" in capsys.readouterr().err
    kept = outputs(read_network(saved(twin, tmp_path, ending)), images)
    assert abs(found - kept).max() == 0
    assert SAID not in capsys.readouterr().err


@pytest.mark.parametrize("normalises", [True, False])
def test_a_model_within(tmp_path, capsys, normalises):
    inner = [layers.Conv2D(4, 3), *[layers.BatchNormalization()] * normalises]
    within = keras.Sequential([keras.Input((12, 10, 3)), *inner], name="within")
    images = keras.Input((12, 10, 3))
    x = layers.Flatten()(within(images, training=True))
    model = keras.Model(images, layers.Dense(4, activation="softmax")(x))
    read_network(saved(model, tmp_path, ".keras"))
    assert (SAID in capsys.readouterr().err) == normalises


def test_of_many_layers_it_is_said_once(tmp_path, capsys):
    images = x = keras.Input((12, 10, 3))
    for _ in range(3):
        x = layers.BatchNormalization()(x, training=True)
    scores = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    read_network(saved(keras.Model(images, scores), tmp_path, ".keras"))
    assert capsys.readouterr().err.count(SAID) == 1
