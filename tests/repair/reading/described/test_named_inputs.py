"""Models within models that are called with their inputs by name."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import assert_read_as_keras, images_for, lively, saved
from saved_operators import changed

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network

SHAPE = (12, 10, 3)


def network() -> keras.Model:
    """The names are in another order than the letters."""
    one, two = keras.Input(SHAPE, name="b"), keras.Input(SHAPE, name="a")
    x = layers.Subtract()([layers.Conv2D(4, 3)(one), layers.Conv2D(4, 3)(two)])
    nested = keras.Model({"b": one, "a": two}, x, name="nested")
    images = keras.Input(SHAPE, name="images")
    x = layers.Rescaling(1 / 255, name="scaled")(images)
    x = nested({"b": x, "a": layers.Conv2D(3, 1, name="mixed")(x)})
    x = layers.GlobalAveragePooling2D()(x)
    return lively(keras.Model(images, layers.Dense(4, activation="softmax")(x)))


def test_inputs_by_name_answer_as_keras(tmp_path):
    assert_read_as_keras(network(), tmp_path)


def node(named: Any) -> Any:
    """Calls the nested model as tf.keras writes it."""

    def change(description: Any) -> None:
        every = description["config"]["layers"]
        nested = next(each for each in every if each["config"]["name"] == "nested")
        nested["inbound_nodes"] = [named]

    return change


def test_inputs_by_name_of_tensorflow(tmp_path):
    made = network()
    images = images_for(made)
    expected = made.predict(images, verbose=0)
    named = {"a": ["mixed", 0, 0, {}], "b": ["scaled", 0, 0, {}]}
    path = changed(saved(made, tmp_path, ".h5"), node(named))
    found = outputs(read_network(path), images)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"a": ["mixed", 0, 0, {}]}, r"\['a'\] by name"),
        ({"a": ["mixed", 0, 0, {}], "c": ["scaled", 0, 0, {}]}, "'c'.*by name"),
        ({"a": 7}, "expected tensors"),
        ({}, "expected tensors"),
        ({"a": ["gone", 0, 0, {}], "b": ["scaled", 0, 0, {}]}, "'gone'"),
    ],
)
def test_other_names_are_refused(tmp_path, named, message):
    path = changed(saved(network(), tmp_path, ".h5"), node(named))
    with pytest.raises(ModelError, match=message):
        read_network(path)
