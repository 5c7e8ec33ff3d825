"""Copies of a network, layer by layer, that share no variable with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

# Names of layers that this project puts in front of a network begin so.
_OURS = "pixel."


def copied(network: keras.Model, first: Callable[[Any], Any]) -> keras.Model:
    """A copy whose images go through ``first``, in place of older layers of ours.

    A network of ``(n, rows, columns)`` takes ``(n, rows, columns, 1)`` from then on.

    Args:
        network: A network; it is not changed.
        first: From a tensor of images to what the network takes.
    """
    shape = network.input_shape[1:]
    flat = len(shape) == 2
    pixels = keras.Input((*shape, 1) if flat else shape, name=network.layers[0].name)
    taken = first(pixels)
    if flat:
        taken = layers.Reshape(shape, name="plain.rows_and_columns")(taken)
    copies = {id(network.input): taken}
    for layer in network.layers[1:]:
        if layer.name.startswith(_OURS):
            copies[id(layer.output)] = copies[id(layer.input)]
            continue
        copy = type(layer).from_config(layer.get_config())
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [copies[id(tensor)] for tensor in given]
        copies[id(layer.output)] = called(copy, inputs)
        copy.set_weights(layer.get_weights())
    return keras.Model(pixels, copies[id(network.output)], name=network.name)


def called(layer: keras.Layer, inputs: list[Any]) -> Any:
    """What a layer makes of its inputs, which it may take one by one or as a list."""
    if len(inputs) == 1 or isinstance(layer, layers.MultiHeadAttention):
        return layer(*inputs)
    return layer(inputs)
