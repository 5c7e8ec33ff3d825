"""The repaired network as Keras layers: the BadNet's convolutions, the fresh head."""

from __future__ import annotations

import keras
from keras import layers

from repair.discriminant import Discriminant


def head_network(
    network: keras.Model, features: keras.KerasTensor, head: Discriminant
) -> keras.Model:
    """A network that shares its input and convolutions with ``network``.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        features: The head's features, a tensor ``(n, features)`` of its graph.
        head: The head.

    Returns:
        A classifier of plain pixels, probabilities ``(n, N)``.
    """
    rank, num_classes = head.weights.shape
    narrow = layers.Dense(rank, use_bias=False, name="fresh.projection")
    wide = layers.Dense(num_classes, activation="softmax", name="fresh.output")
    repaired = keras.Model(network.input, wide(narrow(features)), name="repaired")
    narrow.set_weights([head.projection])
    wide.set_weights([head.weights, head.bias])
    return repaired
