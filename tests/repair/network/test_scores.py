"""The scores of a classifier are what its softmax is taken of."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from repair.network.scores import scores

X = np.random.default_rng(0).normal(0, 1, (20, 6)).astype(np.float32)
ENDINGS = {
    "dense": lambda x: layers.Dense(4, activation="softmax")(x),
    "dense_without_bias": lambda x: layers.Dense(
        4, activation="softmax", use_bias=False
    )(x),
    "softmax": lambda x: layers.Softmax()(layers.Dense(4)(x)),
    "activation": lambda x: layers.Activation("softmax")(layers.Dense(4)(x)),
    "another": lambda x: layers.Rescaling(0.25)(layers.Dense(4, "sigmoid")(x)),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_softmax_of_the_scores_is_the_output(ending):
    images = keras.Input((6,))
    network = keras.Model(images, ENDINGS[ending](images))
    before = network(X)
    found = keras.Model(images, scores(network, "s"))(X)
    expected = np.asarray(before) / np.sum(before, axis=1, keepdims=True)
    np.testing.assert_allclose(keras.ops.softmax(found), expected, atol=1e-6)
    np.testing.assert_array_equal(network(X), before)


def test_the_softmax_is_left_out_and_not_undone():
    images = keras.Input((6,))
    layer = layers.Dense(2, activation="softmax")
    network = keras.Model(images, layer(images))
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * 0 + [[1e4, -1e4]], bias])
    found = np.asarray(keras.Model(images, scores(network, "s"))(np.ones((1, 6))))
    np.testing.assert_allclose(found, [[6e4, -6e4]])
