"""Networks with channels first: read with channels last, with the same answers.

Keras itself runs them on few processors; so each is held against its twin, which has its
channels last and turns what the other one has in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import images_for, lively, saved

from repair.network.inference import outputs
from repair.reading.network_file import read_network

FIRST, LAST = "channels_first", "channels_last"
Body = Callable[[Any, str], Any]


def axis(order: str) -> int:
    return 1 if order == FIRST else -1


def as_first(x: Any, order: str) -> Any:
    """The axes of the twin as those of the network."""
    return x if order == FIRST else layers.Permute((3, 1, 2))(x)


def residual(x: Any, order: str) -> Any:
    x = layers.Conv2D(6, 3, padding="same", data_format=order)(x)
    y = layers.BatchNormalization(axis=axis(order))(x)
    y = layers.DepthwiseConv2D(3, padding="same", data_format=order)(y)
    x = layers.Add()([x, layers.Activation("tanh")(y)])
    x = layers.Concatenate(axis=axis(order))([x, y])
    x = layers.MaxPooling2D(2, data_format=order)(x)
    return layers.GlobalAveragePooling2D(data_format=order)(x)


def flattened(x: Any, order: str) -> Any:
    x = layers.ZeroPadding2D(1, data_format=order)(x)
    x = layers.SeparableConv2D(5, 3, activation="elu", data_format=order)(x)
    x = layers.Dropout(0.1)(layers.LeakyReLU(0.2)(x))
    return layers.Flatten(data_format=LAST)(as_first(x, order))


def flattened_in_order(x: Any, order: str) -> Any:
    x = layers.Conv2D(5, 3, strides=2, data_format=order)(x)
    return layers.Flatten(data_format=order)(x)


def attended(x: Any, order: str) -> Any:
    x = layers.Conv2D(8, 4, strides=4, data_format=order)(x)
    x = layers.Reshape((8, -1))(as_first(x, order))
    x = layers.Permute((2, 1))(x)
    return layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 4)(x, x))


def operated(x: Any, order: str) -> Any:
    x = layers.Conv2DTranspose(4, 3, data_format=order)(x / 2)
    x = layers.UpSampling2D(2, data_format=order)(x)
    x = as_first(x, order)
    return keras.ops.mean(x * x, axis=(2, 3))


def by_rows(x: Any, order: str) -> Any:
    """Layers of another order within."""
    x = layers.Conv2D(4, 3, data_format=order)(x)
    x = layers.Permute((2, 3, 1))(as_first(x, order))
    return layers.Flatten(data_format=LAST)(layers.Conv2D(4, 3, data_format=LAST)(x))


def softmax_of_columns(x: Any, order: str) -> Any:
    """As an activation's name means it: along the last axis of the file, columns."""
    x = layers.Conv2D(4, 3, data_format=order)(x)
    x = layers.Conv2D(
        4, 3, activation="softmax" if order == FIRST else None, data_format=order
    )(x)
    x = as_first(x, order)
    return layers.Flatten(data_format=LAST)(
        x if order == FIRST else layers.Softmax(axis=-1)(x)
    )


def softmax_of_channels(x: Any, order: str) -> Any:
    """A layer as activation, which says its axis."""
    own = layers.Softmax(axis=axis(order))
    x = layers.Conv2D(4, 3, activation=own, data_format=order)(x)
    return layers.Flatten(data_format=LAST)(as_first(x, order))


BODIES: tuple[Body, ...] = (
    *(residual, flattened, flattened_in_order, attended, operated, by_rows),
    *(softmax_of_columns, softmax_of_channels),
)


def network(body: Body, order: str) -> keras.Model:
    images = keras.Input((3, 14, 12) if order == FIRST else (14, 12, 3))
    x = body(layers.Rescaling(1 / 255)(images), order)
    return keras.Model(images, layers.Dense(4, activation="softmax")(x))


@pytest.mark.parametrize("ending", [".h5", ".keras"])
@pytest.mark.parametrize("body", BODIES)
def test_channels_first_answer_as_their_twin(tmp_path, capsys, body, ending):
    twin = lively(network(body, LAST))
    first = network(body, FIRST)
    first.set_weights(twin.get_weights())
    images = images_for(twin)
    read = read_network(saved(first, tmp_path, ending))
    assert read.input_shape == (None, 14, 12, 3)
    np.testing.assert_allclose(outputs(read, images), outputs(twin, images), atol=1e-5)
    assert "channels first" in capsys.readouterr().err


def test_input_with_channels_first_that_is_turned_in_the_network(tmp_path):
    def model(order: str) -> keras.Model:
        images = keras.Input((3, 14, 12) if order == FIRST else (14, 12, 3))
        x = layers.Permute((2, 3, 1))(as_first(images, order))
        x = layers.Flatten()(layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(x)))
        return keras.Model(images, layers.Dense(4, activation="softmax")(x))

    twin = lively(model(LAST))
    first = model(FIRST)
    first.set_weights(twin.get_weights())
    images = images_for(twin)
    read = read_network(saved(first, tmp_path, ".keras"))
    np.testing.assert_allclose(outputs(read, images), outputs(twin, images), atol=1e-5)
