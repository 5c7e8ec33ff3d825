"""Images of whole numbers: arithmetic that would begin at 0 again is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from saved_networks import images_for, saved

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network

SHAPE = (12, 10, 3)


def network(operate: Callable[[Any], Any], dtype: str = "uint8") -> keras.Model:
    images = keras.Input(SHAPE, dtype=dtype)
    x = layers.Rescaling(1 / 255)(operate(images))
    x = layers.Flatten()(layers.Conv2D(4, 3)(x))
    model = keras.Model(images, layers.Dense(4, activation="softmax")(x))
    for variable in model.weights:
        fan_in = variable.shape[0]
        variable.assign(
            np.random.default_rng(0).normal(0, fan_in**-0.5, variable.shape)
        )
    return model


READ = {
    "nothing": lambda x: x,
    "cast": lambda x: ops.cast(x, "float32") - 100,
    "a fraction": lambda x: x - 100.0,
    "division": lambda x: x / 2 - 3,
    "the other way round": lambda x: ops.flip(x, -1),
    "mirrored, in float32": lambda x: layers.RandomFlip()(x) - 100,
    "rescaled": lambda x: layers.Rescaling(2.0)(x) - 100,
}


@pytest.mark.parametrize("name", READ)
def test_others_answer_as_keras(tmp_path, name):
    model = network(READ[name])
    images = np.rint(images_for(model))
    expected = model.predict(images.astype("uint8"), verbose=0)
    read = read_network(saved(model, tmp_path, ".keras"))
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)


def test_numbers_of_many_bits_are_enough(tmp_path):
    model = network(lambda x: x * 2 - 100, "int32")
    images = np.rint(images_for(model))
    expected = model.predict(images.astype("int32"), verbose=0)
    read = read_network(saved(model, tmp_path, ".keras"))
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)


REFUSED = {
    "subtract": lambda x: x - 100,
    "from the left": lambda x: 255 - x,
    "multiply": lambda x: 2 * x,
    "add of two": lambda x: x + x,
    "negative": lambda x: -x,
    "behind a dropout": lambda x: layers.Dropout(0.5)(x) - 100,
    "clipped": lambda x: ops.clip(x, 10, 240) - 100,
    "pooled": lambda x: layers.MaxPooling2D(1)(layers.UpSampling2D(1)(x)) - 100,
    "added by a layer": lambda x: layers.Add()([x, x]),
    "behind others": lambda x: layers.ZeroPadding2D(1)(x[..., ::-1]) - 3,
}


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_begins_at_0_again_is_refused(tmp_path, name, ending):
    path = saved(network(REFUSED[name]), tmp_path, ending)
    with pytest.raises(ModelError, match="Put a Rescaling or a cast"):
        read_network(path)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_channels_first_begin_at_0_again_as_well(tmp_path, ending):
    images = keras.Input((3, 12, 10), dtype="uint8")
    x = layers.Rescaling(1 / 255)(images - 100)
    x = layers.Flatten()(layers.Conv2D(4, 3, data_format="channels_first")(x))
    model = keras.Model(images, layers.Dense(4, activation="softmax")(x))
    path = saved(model, tmp_path, ending)
    with pytest.raises(ModelError, match="Put a Rescaling or a cast"):
        read_network(path)
