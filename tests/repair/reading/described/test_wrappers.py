"""What a layer does to each step, it does to all of them without its TimeDistributed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import assert_read_as_keras, images_for, lively, saved
from saved_operators import changed

from repair.network.inference import outputs
from repair.reading.network_file import read_network

INNER = {
    "LayerNormalization": layers.LayerNormalization,
    "BatchNormalization": layers.BatchNormalization,
}


def network(inner: keras.Layer) -> keras.Model:
    """Rows, columns and channels are as many, so that shapes tell no axis from another."""
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same")(layers.Rescaling(1 / 255)(images))
    x = layers.TimeDistributed(inner, name="steps")(x)
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    return lively(keras.Model(images, x))


@pytest.mark.parametrize("kind", INNER)
@pytest.mark.parametrize("axis", [[2], 2])
def test_axis_is_counted_in_one_step(tmp_path, kind, axis):
    """tf.keras writes it from the front, as it was built: the last of three axes."""

    def change(description: Any) -> None:
        every = description["config"]["layers"]
        steps = next(each for each in every if each["config"]["name"] == "steps")
        steps["config"]["layer"]["config"]["axis"] = axis

    made = network(INNER[kind]())
    images = images_for(made)
    expected = made.predict(images, verbose=0)
    path = changed(saved(made, tmp_path, ".h5"), change)
    found = outputs(read_network(path), images)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", INNER)
def test_axis_from_the_end_stays(tmp_path, kind):
    assert_read_as_keras(network(INNER[kind](axis=-1)), tmp_path)
