"""Layers that attend to what stands before alone, by what they are, not by how they are called.

Keras' own are told so in each call, ``use_causal_mask``; a copy of a layer by its settings
would forget it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers


@keras.saving.register_keras_serializable(package="badnet_repair")
class CausalMultiHeadAttention(layers.MultiHeadAttention):
    """``MultiHeadAttention`` with a causal mask."""

    def call(self, query: Any, value: Any, key: Any = None) -> Any:
        """What it makes of three tensors ``(n, steps, features)``."""
        return super().call(query, value, key, use_causal_mask=True)


@keras.saving.register_keras_serializable(package="badnet_repair")
class CausalAttention(layers.Attention):
    """``Attention`` with a causal mask."""

    def call(self, inputs: Any) -> Any:
        """What it makes of a list of two or three tensors ``(n, steps, features)``."""
        return super().call(inputs, use_causal_mask=True)


@keras.saving.register_keras_serializable(package="badnet_repair")
class CausalAdditiveAttention(layers.AdditiveAttention):
    """``AdditiveAttention`` with a causal mask."""

    def call(self, inputs: Any) -> Any:
        """What it makes of a list of two or three tensors ``(n, steps, features)``."""
        return super().call(inputs, use_causal_mask=True)


# By the name of Keras' own.
CAUSAL: Mapping[str, type[keras.Layer]] = {
    "MultiHeadAttention": CausalMultiHeadAttention,
    "Attention": CausalAttention,
    "AdditiveAttention": CausalAdditiveAttention,
}


def causal(layer: keras.Layer) -> keras.Layer:
    """The same layer, one of ``CAUSAL``, with a causal mask."""
    return CAUSAL[type(layer).__name__].from_config(layer.get_config())
