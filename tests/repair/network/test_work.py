"""How much work a network does on one image."""

from __future__ import annotations

import keras
from keras import layers

from repair.network.work import multiplications


def test_each_kernel_counts_at_every_place_of_every_call():
    images = keras.Input((10, 8, 3))
    inner = keras.Input((10, 8, 3))
    base = keras.Model(inner, layers.Conv2D(3, 3, padding="same")(inner))
    x = layers.Flatten()(base(base(images)))
    network = keras.Model(images, layers.Dense(5)(layers.BatchNormalization()(x)))
    assert multiplications(network) == 2 * (80 * 3 * 3 * 3 * 3) + 240 * 5


def test_layers_without_weights_cost_nothing():
    images = keras.Input((None, None, 3))
    assert multiplications(keras.Model(images, layers.ReLU()(images))) == 0
