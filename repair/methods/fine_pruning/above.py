"""What lies above a pruned layer, asked again after each channel that is pruned.

Between the pruned layer and the next dense or convolutional layers each channel is worked
on alone, and those are linear: pruning one more channel takes that channel's part off their
sums. Only what follows the sums runs anew at every step. What goes past the layer, as in a
residual block, is asked once.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from repair.network.activations import layer_output
from repair.network.linear import linear_layers
from repair.network.passages import past_branches
from repair.network.scores import scores

# Of the linear layers, and what goes past them.
Sums = tuple[list[Any], list[Any]]


class Above:
    """What lies above a layer, asked again after each channel that is pruned."""

    def __init__(self, network: keras.Model, layer: str) -> None:
        pruned = network.get_layer(layer)
        self._features = layer_output(network, layer)
        silence = pruned.activation(np.zeros(pruned.filters, np.float32))
        self._silence = np.asarray(silence)
        self._linear = linear_layers(network, pruned.output)
        inputs = [linear.input for linear in self._linear] or [pruned.output]
        outputs = [linear.output for linear in self._linear] or [pruned.output]
        # With a layer of its own at the end, either may be nothing else.
        below = [layers.Identity(name=f"below.{i}")(x) for i, x in enumerate(inputs)]
        self._below = keras.Model(pruned.output, below)
        ends = any(output is network.output for output in outputs)
        answer = network.output if ends else scores(network, "above.scores")
        past = past_branches(network, outputs)
        kept = [layers.Identity(name=f"past.{i}")(x) for i, x in enumerate(past)]
        self._past = keras.Model(network.input, kept) if kept else None
        rest = layers.Identity(name="above.answer")(answer)
        self._rest = keras.Model([*outputs, *past], rest)

    @tf.function(reduce_retracing=True)
    def begin(self, images: tf.Tensor) -> tuple[list[Any], Sums, Any, Any]:
        """Asks with all channels.

        Returns:
            What silence would change in the inputs of the linear layers, channels
            first; their sums, and what goes past them; the labels ``(n,)``; and which
            channels ``(channels,)`` bool silence would change at all.
        """
        features = self._features(images, training=False)
        values = keras.tree.flatten(self._below(features, training=False))
        silence = tf.zeros_like(features) + self._silence
        silent = keras.tree.flatten(self._below(silence, training=False))
        parts = [x - y for x, y in zip(values, silent, strict=True)]
        sums = values
        if self._linear:
            sums = [_sums(*pair) for pair in zip(self._linear, values, strict=True)]
        parts = [_channel_first(part, features.shape[-1]) for part in parts]
        awake = [tf.reduce_any(x != 0, axis=range(1, len(x.shape))) for x in parts]
        past = []
        if self._past is not None:
            past = keras.tree.flatten(self._past(images, training=False))
        every = sums, past
        return parts, every, self._labels(*every), tf.reduce_any(tf.stack(awake), 0)

    @tf.function(reduce_retracing=True)
    def without(
        self, channel: tf.Tensor, parts: list[Any], every: Sums
    ) -> tuple[Sums, Any]:
        """The sums and the labels ``(n,)`` once a channel is pruned as well."""
        sums, past = every
        linear = self._linear or [None]
        pairs = zip(linear, parts, strict=True)
        changes = [_part_of(each, part, channel) for each, part in pairs]
        sums = [x - y for x, y in zip(sums, changes, strict=True)]
        return (sums, past), self._labels(sums, past)

    def _labels(self, sums: list[Any], past: list[Any]) -> Any:
        if self._linear:
            pairs = zip(self._linear, sums, strict=True)
            sums = [linear.activation(values) for linear, values in pairs]
        return ops.argmax(self._rest([*sums, *past], training=False), axis=-1)


def _sums(layer: keras.Layer, values: Any) -> Any:
    """A linear layer's answer before its activation."""
    answer = _linear(layer, values, layer.kernel)
    return answer + layer.bias if layer.use_bias else answer


def _channel_first(values: Any, channels: int) -> Any:
    if len(values.shape) == 4:
        return ops.moveaxis(values, -1, 0)
    places = values.shape[1] // channels  # flattened, the channels take turns
    return ops.moveaxis(ops.reshape(values, (-1, places, channels)), -1, 0)


def _part_of(layer: keras.Layer | None, parts: Any, channel: Any) -> Any:
    """What one channel of the pruned layer adds to a linear layer's sums."""
    values = ops.take(parts, channel, axis=0)
    if layer is None:
        return values[..., None] * ops.one_hot(channel, parts.shape[0])
    if isinstance(layer, layers.Conv2D):
        kernel = ops.take(layer.kernel, [channel], axis=2)
        return _linear(layer, values[..., None], kernel)
    rows = ops.arange(channel, layer.kernel.shape[0], parts.shape[0])
    return ops.matmul(values, ops.take(layer.kernel, rows, axis=0))


def _linear(layer: keras.Layer, values: Any, kernel: Any) -> Any:
    if isinstance(layer, layers.Dense):
        return ops.matmul(values, kernel)
    return ops.conv(
        values, kernel, layer.strides, layer.padding, dilation_rate=layer.dilation_rate
    )
