"""A network's answers with little in memory at once."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from repair.network.answering import answer, most_bytes

MIB = 1 << 20


def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)


def branching() -> keras.Model:
    """Branches, a layer that is used twice, dropout, and a network within."""
    entrance = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 255)(entrance)
    inner = keras.Input((16, 16, 3))
    shared = layers.Conv2D(3, 3, padding="same")
    y = layers.BatchNormalization()(shared(inner))
    within = keras.Model(inner, layers.Add()([y, shared(y)]))
    x = layers.Concatenate()([within(x), layers.Dropout(0.9)(x)])
    scores = layers.Dense(4, "softmax")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(entrance, {"scores": scores, "features": x, "images": entrance})


def sequential() -> keras.Model:
    """A chain within, as ConvNeXt has, which is no functional model."""
    entrance = keras.Input((16, 16, 3))
    chain = keras.Sequential([layers.Conv2D(4, 2), layers.Dropout(0.9)])
    return keras.Model(entrance, [layers.Flatten()(chain(entrance))])


@pytest.mark.parametrize("network", [branching(), sequential()])
def test_the_answer_is_that_of_keras(network):
    expected = network(images(), training=False)
    given = answer(network, images())
    keras.tree.assert_same_structure(expected, given)
    pairs = zip(keras.tree.flatten(expected), keras.tree.flatten(given), strict=True)
    for theirs, ours in pairs:
        np.testing.assert_array_equal(np.asarray(theirs), np.asarray(ours))


def deep(count: int) -> keras.Model:
    """Convolutions in a row; each makes one MiB of an image."""
    entrance = x = keras.Input((256, 256, 3))
    for _ in range(count):
        x = layers.Conv2D(4, 1)(x)
    return keras.Model(entrance, layers.GlobalAveragePooling2D()(x))


def test_what_is_needed_no_more_is_forgotten():
    assert most_bytes(deep(2)) == most_bytes(deep(20)) == 2 * MIB


def test_what_is_needed_later_is_counted():
    entrance = keras.Input((256, 256, 4))
    x = first = layers.Conv2D(4, 1)(entrance)
    for _ in range(3):
        x = layers.Conv2D(4, 1)(x)
    assert most_bytes(keras.Model(entrance, layers.Add()([first, x]))) == 3 * MIB
    assert most_bytes(keras.Model(entrance, [entrance, first, x])) == 4 * MIB
