"""Where to cut is chosen for any network, with convolutions or without."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from toys import random_weights, toy_network

from repair.errors import SettingError
from repair.methods.witnesses.head.features import tap
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.network.cut import (
    ASKED_FOR,
    LAST_HIDDEN,
    LAST_SPATIAL,
    ONLY,
    choose_convolution,
    choose_layer,
)
from repair.reading.deepid import deepid


def residual() -> keras.Model:
    """A ResNet of two blocks; nothing says which layer counts."""
    images = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, padding="same", name="first")(images)
    for name in "ab":
        y = layers.Conv2D(8, 3, padding="same", name=f"{name}1")(x)
        y = layers.BatchNormalization()(y)
        y = layers.Conv2D(8, 3, padding="same", name=f"{name}2")(layers.ReLU()(y))
        x = layers.ReLU()(layers.Add()([x, layers.BatchNormalization()(y)]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(4, activation="softmax")(x))


def dense(*units: int) -> keras.Model:
    """A network without convolutions."""
    images = keras.Input((40, 40, 3))
    x = layers.Flatten()(images)
    for index, each in enumerate(units):
        x = layers.Dense(each, activation="tanh", name=f"hidden_{index}")(x)
    return keras.Model(images, layers.Dense(4, activation="softmax", name="end")(x))


def tokens() -> keras.Model:
    """A small vision transformer."""
    images = keras.Input((16, 16, 3))
    x = layers.Conv2D(12, 4, strides=4, name="patches")(images)
    x = layers.Reshape((16, 12))(x)
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 6, name="look")(y, y)])
    y = layers.Dense(24, activation="gelu", name="wide")(layers.LayerNormalization()(x))
    x = layers.Add()([x, layers.Dense(12, name="narrow")(y)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(images, layers.Dense(4, activation="softmax")(x))


@pytest.mark.parametrize(
    ("network", "layer", "reason"),
    [
        (lambda: deepid(7), "conv_3", LAST_SPATIAL),
        (toy_network, "conv_3", LAST_SPATIAL),
        (residual, "b2", LAST_SPATIAL),
        (tokens, "narrow", LAST_SPATIAL),
        (lambda: dense(9, 8), "hidden_1", LAST_HIDDEN),
        (lambda: dense(5_000), "hidden_0", LAST_HIDDEN),
        (dense, "end", ONLY),
    ],
)
def test_a_layer_is_chosen_and_can_be_stood_on(network, layer, reason):
    network = random_weights(network())
    assert choose_layer(network) == (layer, reason)
    images = np.random.default_rng(0).integers(0, 256, (5, *network.input_shape[1:]))
    seen = Observer(network, {"head": tap(network, layer, Recipe.max_features)})(
        images.astype(np.uint8)
    )
    features = seen.features["head"]
    assert len(features) == 5
    assert 0 < features.shape[1] <= 2 * Recipe.max_features
    assert np.ptp(features, axis=0).any()


def test_the_score_map_of_a_fully_convolutional_network_is_not_stood_on():
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, activation="relu", name="seen")(images)
    x = layers.Conv2D(4, 1, name="scores")(x)
    x = layers.Softmax()(layers.GlobalAveragePooling2D()(x))
    assert choose_layer(keras.Model(images, x))[0] == "seen"


def test_who_asks_gets_what_was_asked_for():
    assert choose_layer(toy_network(), "conv_1") == ("conv_1", ASKED_FOR)
    assert choose_convolution(toy_network(), "conv_1") == "conv_1"


def test_block_is_seen_behind_its_sum():
    network = residual()
    taps = {"head": tap(network, "b2", 2048)}
    seen = Observer(network, taps)(np.zeros((1, 16, 16, 3), np.uint8))
    assert seen.features["head"].shape == (1, 2 * 16 * 16 * 8)


def test_what_fine_pruning_prunes():
    assert choose_convolution(toy_network()) == "conv_3"
    assert choose_convolution(residual()) == "b2"
    assert choose_convolution(tokens()) == "patches"
    with pytest.raises(SettingError, match="one without"):
        choose_convolution(dense(9))
