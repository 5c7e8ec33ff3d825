"""The pruning curve: clean accuracy against the number of channels pruned.

What lies between the pruned layer and the next dense or convolutional layers works on each
channel alone, and those are linear: pruning one more channel takes that channel's part off
their sums. Only what follows the sums runs anew at every step.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.network.activations import layer_output
from repair.network.scores import scores
from repair.process.progress import progress

_BATCH_SIZE = 1024
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


def pruning_curve(
    network: keras.Model, layer: str, activations: np.ndarray, clean: Dataset
) -> np.ndarray:
    """Clean accuracy against the number of channels pruned, the most dormant first.

    Args:
        network: A classifier of plain pixels.
        layer: Name of the convolution whose channels are pruned.
        activations: ``(channels,)`` mean activation of each on clean images.
        clean: Clean labelled images.

    Returns:
        ``(channels,)`` float64 in [0, 1]: entry k is the accuracy with k pruned.
    """
    above = _Above(network, layer)
    order = np.argsort(activations, kind="stable")
    correct = np.zeros(len(order), int)
    for start in progress(range(0, len(clean), _BATCH_SIZE), label="pruning curve"):
        # The last batch reaches back, since each size takes a graph of its own.
        first = max(0, min(start, len(clean) - _BATCH_SIZE))
        batch = slice(first, first + _BATCH_SIZE)
        labels = clean.labels[batch]
        parts, sums, answers, awake = above.begin(tf.constant(clean.images[batch]))
        changes = awake.numpy()
        for count, channel in enumerate([None, *order[:-1]]):
            if channel is not None and changes[channel]:
                sums, answers = above.without(tf.constant(channel), parts, sums)
            right = answers.numpy() == labels
            correct[count] += right[start - first :].sum()
    return correct / len(clean.images)


def fraction_for_drop(curve: np.ndarray, max_drop: float) -> float:
    """The largest fraction whose clean accuracy, and that of all smaller ones, holds.

    Args:
        curve: What ``pruning_curve`` returns.
        max_drop: Largest loss of clean accuracy, in [0, 1].

    Raises:
        SettingError: If ``max_drop`` is out of range.
    """
    if not 0 <= max_drop <= 1:
        raise SettingError(f"expected a drop in [0, 1]. Received: {max_drop}.")
    fails = np.flatnonzero(curve < curve[0] - max_drop)
    return float((fails[0] - 1 if len(fails) else len(curve) - 1) / len(curve))


class _Above:
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
        self._below = keras.Model(pruned.output, [layers.Identity()(x) for x in inputs])
        ends = any(output is network.output for output in outputs)
        answer = network.output if ends else scores(network, "scores")
        self._rest = keras.Model(outputs, layers.Identity()(answer))

    @tf.function(reduce_retracing=True)
    def begin(self, images: tf.Tensor) -> tuple[list[Any], list[Any], Any, Any]:
        """Asks with all channels.

        Returns:
            What silence would change in the inputs of the linear layers, channels
            first; their sums; the labels ``(n,)``; and which channels ``(channels,)``
            bool silence would change at all.
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
        return parts, sums, self._labels(sums), tf.reduce_any(tf.stack(awake), 0)

    @tf.function(reduce_retracing=True)
    def without(
        self, channel: tf.Tensor, parts: list[Any], sums: list[Any]
    ) -> tuple[list[Any], Any]:
        """The sums and the labels ``(n,)`` once a channel is pruned as well."""
        linear = self._linear or [None]
        pairs = zip(linear, parts, strict=True)
        changes = [_part_of(each, part, channel) for each, part in pairs]
        sums = [x - y for x, y in zip(sums, changes, strict=True)]
        return sums, self._labels(sums)

    def _labels(self, sums: list[Any]) -> Any:
        if self._linear:
            pairs = zip(self._linear, sums, strict=True)
            sums = [linear.activation(values) for linear, values in pairs]
        return ops.argmax(self._rest(sums, training=False), axis=-1)


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
