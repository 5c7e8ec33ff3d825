"""Where a network begins: at an image, or at its pixels in a row."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import saved

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network

SHAPE = (7, 6, 1)


@pytest.fixture(scope="module")
def in_a_row() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((42,)), layers.Dense(5, "tanh"), layers.Dense(3, "softmax")]
    )


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_pixels_in_a_row_are_those_of_an_image(in_a_row, tmp_path, ending):
    network = read_network(saved(in_a_row, tmp_path, ending), image_shape=SHAPE)
    images = np.random.default_rng(0).random((9, *SHAPE), np.float32)
    assert network.input_shape == (None, *SHAPE)
    np.testing.assert_allclose(
        outputs(network, images),
        in_a_row.predict(images.reshape(9, 42), verbose=0),
        atol=1e-6,
    )


@pytest.mark.parametrize(("columns", "said"), [(1, True), (2, False)])
def test_one_column_of_numbers_is_said_to_be_taken_for_an_image(
    tmp_path, capsys, columns, said
):
    series = keras.Sequential(
        [keras.Input((15, columns)), layers.Conv1D(4, 3), layers.Flatten()]
        + [layers.Dense(3, "softmax")]
    )
    network = read_network(saved(series, tmp_path, ".keras"))
    assert network.input_shape == (None, 15, columns, 1)
    told = "takes 15 numbers in one column" in capsys.readouterr().err
    assert told is said


@pytest.mark.parametrize(
    ("told", "message"),
    [(None, "takes 42 numbers.*--image-shape"), ((7, 6, 3), "are 126")],
)
def test_others_are_told_what_is_missing(in_a_row, tmp_path, told, message):
    with pytest.raises(ModelError, match=message):
        read_network(saved(in_a_row, tmp_path, ".keras"), image_shape=told)
