"""Layers in a SpectralNormalization, trained a step, frozen, within models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import assert_read_as_keras, lively, saved

from repair.errors import ModelError
from repair.reading.network_file import read_network

SHAPE = (12, 10, 3)
ALL = (".h5", ".keras", ".weights.h5")


def kept_small(x: Any, *, use_bias: bool = True) -> Any:
    conv = layers.Conv2D(4, 3, activation="tanh", use_bias=use_bias, name="conv")
    return layers.SpectralNormalization(conv, name="small")(x)


def ended(images: Any, x: Any) -> keras.Model:
    x = layers.SpectralNormalization(layers.Dense(6), name="row")(layers.Flatten()(x))
    return lively(keras.Model(images, layers.Dense(4, activation="softmax")(x)))


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("trained", [True, False])
def test_layer_answers_as_keras(tmp_path, use_bias, trained):
    images = keras.Input(SHAPE)
    x = kept_small(layers.Rescaling(1 / 255)(images), use_bias=use_bias)
    network = ended(images, x)
    network.get_layer("small").trainable = trained
    assert_read_as_keras(network, tmp_path, ALL)


@pytest.mark.parametrize("trained", [True, False])
def test_layer_within_a_model_answers_as_keras(tmp_path, trained):
    images, inside = keras.Input(SHAPE), keras.Input(SHAPE)
    x = layers.BatchNormalization()(kept_small(inside))
    base = keras.Model(inside, layers.Conv2D(3, 1, name="last")(x), name="base")
    network = ended(images, base(layers.Rescaling(1 / 255)(images)))
    base.trainable = trained
    assert_read_as_keras(network, tmp_path, ALL)
    base.trainable = True
    base.get_layer("small").trainable = False
    assert_read_as_keras(network, tmp_path, ALL)


def test_layer_that_tells_its_kernel_from_its_vector_by_nothing_is_refused(tmp_path):
    images = keras.Input((12, 10, 1))
    x = layers.GlobalAveragePooling2D()(images)
    dense = layers.Dense(4, use_bias=False)
    x = layers.SpectralNormalization(dense, name="one")(x)
    path = saved(keras.Model(images, x), tmp_path, ".keras")
    with pytest.raises(ModelError, match="'one': expected weights of shapes"):
        read_network(path)


def test_other_layers_within_are_refused(tmp_path):
    images = keras.Input(SHAPE)
    inner = layers.SeparableConv2D(4, 3)
    inner.build((None, *SHAPE))
    inner.kernel = inner.depthwise_kernel
    x = layers.SpectralNormalization(inner, name="odd")(images)
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    network = keras.Model(images, x)
    for variable in network.weights:
        variable.assign(np.ones(variable.shape))
    with pytest.raises(ModelError, match="SpectralNormalization of 'SeparableConv2D'"):
        read_network(saved(network, tmp_path, ".h5"))
