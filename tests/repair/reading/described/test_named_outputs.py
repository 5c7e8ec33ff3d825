"""Networks whose outputs have names of their own, beside those of their layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import images_for, lively, saved

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network


def network() -> keras.Model:
    """The names are in another order than the letters."""
    images = keras.Input((12, 10, 3))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(images))
    who = layers.Dense(4, name="dense_of_people")(x)
    age = layers.Dense(1, name="dense_of_ages")(x)
    model = lively(keras.Model(images, {"who": who, "age": age}))
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss={"who": cross_entropy, "age": "mse"})
    return model


@pytest.mark.parametrize("ending", [".h5", ".keras"])
@pytest.mark.parametrize("name", ["who", "dense_of_people"])
def test_an_output_by_either_name(tmp_path, name, ending):
    model = network()
    images = images_for(model)
    expected = keras.ops.softmax(model.predict(images, verbose=0)["who"])
    read = read_network(saved(model, tmp_path, ending), output=name)
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("ending", [".h5", ".keras"])
@pytest.mark.parametrize("name", ["age", "dense_of_ages"])
def test_its_own_loss_tells_what_it_is(tmp_path, name, ending):
    with pytest.raises(ModelError, match="trained to give numbers"):
        read_network(saved(network(), tmp_path, ending), output=name)
