"""Which layers behind a tensor are linear in its channels."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

_CHANNEL_BY_CHANNEL = (
    layers.Activation,
    layers.AveragePooling2D,
    layers.BatchNormalization,
    layers.Dropout,
    layers.Flatten,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D,
    layers.MaxPooling2D,
    layers.ReLU,
    layers.ZeroPadding2D,
)


def linear_layers(network: keras.Model, start: keras.KerasTensor) -> list[Any]:
    """The first linear layers behind a tensor, if all channels stay apart until there.

    None are given where that is not so; then the channels themselves are silenced.
    """
    found, tensors = [], [start]
    while tensors:
        tensor = tensors.pop()
        for layer in network.layers:
            if not any(tensor is x for x in keras.tree.flatten(layer.input)):
                continue
            dense = isinstance(layer, layers.Dense) and len(tensor.shape) == 2
            if dense or (type(layer) is layers.Conv2D and layer.groups == 1):
                found.append(layer)
            elif isinstance(layer, _CHANNEL_BY_CHANNEL) and not _mixes(layer):
                tensors.append(layer.output)
            else:
                return []
    return found


def _mixes(layer: keras.Layer) -> bool:
    return getattr(layer, "activation", None) is keras.activations.softmax
