"""What methods add to a network has no name that a layer of it may have."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from build.fusing.lean import without_silent_channels
from repair.dataset import Dataset
from repair.methods.fine_pruning.above import Above
from repair.methods.witnesses.head.dormant import awake_channels
from repair.methods.witnesses.head.pixels import pixel_features
from repair.methods.witnesses.looks.observer import Observer
from repair.network.scores import scores

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), np.uint8)
# What Keras and its users call layers, and Keras an operation without a name.
NAMES = ["multiply", "sqrt", "log", "maximum", "identity", "identity_1", "scores"]


@pytest.fixture
def network() -> keras.Model:
    keras.backend.clear_session()  # which begins to number names anew
    images = keras.Input((8, 8, 3), name="images")
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(images)
    for name in NAMES:
        x = layers.Activation("relu", name=name)(x)
    x = layers.Conv2D(4, 3, name="conv_b")(x)
    x = layers.Dense(3, activation="sigmoid", name="dense")(layers.Flatten()(x))
    scaled = layers.Rescaling(1 / 3, name="rescaling")(x)
    return keras.Model(images, scaled)


def added(network: keras.Model, tensor: Any) -> list[str]:
    """Names of what lies before a tensor and is not of the network."""
    own = {id(layer) for layer in network.layers}
    every = keras.Model(network.input, tensor).operations
    return [each.name for each in every if id(each) not in own]


def test_names_of_what_is_added_have_a_dot(network):
    for tensor in (pixel_features(network.input, 4, 99), scores(network, "x.scores")):
        names = added(network, tensor)
        assert names
        assert all("." in name for name in names)


def test_no_name_is_there_twice(network):
    taps = {"pixels": pixel_features(network.input, 4, 99)}
    Observer(network, taps)(IMAGES.astype(np.float32))
    Above(network, "conv")
    labels = np.arange(20) % 3
    assert awake_channels(network, "conv", Dataset(IMAGES, labels), 0.1).shape == (4,)


def test_no_name_is_there_twice_without_silent_channels(network):
    layer = network.get_layer("conv")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * [0, 1, 1, 1], bias])
    lean = without_silent_channels(network)
    assert lean.get_layer("conv").filters == 3
    for first, second in itertools.pairwise([network, lean]):
        np.testing.assert_allclose(first(IMAGES), second(IMAGES), rtol=0, atol=1e-5)
