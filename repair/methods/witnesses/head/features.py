"""What the head sees of an image: activations around one layer of the BadNet."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from repair.errors import SettingError
from repair.network.passages import listeners, mixes, passages, step_of

_POOLING = (layers.MaxPooling2D, layers.AveragePooling2D)


@keras.saving.register_keras_serializable(package="badnet_repair")
class SquareRoot(layers.Layer):
    """The square root of activations; it evens out strong and weak channels."""

    def call(self, activations: keras.KerasTensor) -> keras.KerasTensor:
        """The root of each value's size, with the value's sign."""
        return ops.sqrt(ops.relu(activations)) - ops.sqrt(ops.relu(-activations))

    def compute_output_spec(self, activations: keras.KerasTensor) -> keras.KerasTensor:
        """The same shape and type."""
        return keras.KerasTensor(activations.shape, activations.dtype)


@keras.saving.register_keras_serializable(package="badnet_repair")
class Kept(layers.Layer):
    """The channels that are not pruned.

    Args:
        channels: Their indices.
    """

    def __init__(self, channels: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = channels

    def call(self, activations: Any) -> Any:
        """The same activations without the other channels."""
        # Keras' own ``take`` asks for the shape, which other formats need not know.
        return tf.gather(activations, self.channels, axis=len(activations.shape) - 1)

    def compute_output_spec(self, activations: keras.KerasTensor) -> keras.KerasTensor:
        """Fewer channels."""
        shape = (*activations.shape[:-1], len(self.channels))
        return keras.KerasTensor(shape, activations.dtype)

    def get_config(self) -> dict[str, Any]:
        """The channels."""
        return {**super().get_config(), "channels": self.channels}


def tap(
    network: keras.Model, layer: str, most: int, kept: np.ndarray | None = None
) -> keras.KerasTensor:
    """The features as a tensor ``(n, features)`` of the network's own graph.

    They are what passes on to ``layer``, and the root of its output behind the
    normalisation, activation and pooling that follow; what would be more than ``most``
    values is averaged over neighbours first.

    Args:
        network: The BadNet.
        layer: Name of a layer with weights.
        most: Most values of either.
        kept: The layer's pruning mask, bool ``(channels,)``, True = kept.

    Raises:
        SettingError: If the network has no such layer with one output.
    """
    after = above(network, layer)
    if kept is not None and not kept.all():
        after = Kept(np.flatnonzero(kept).tolist(), name="head.kept")(after)
    rooted = SquareRoot(name="head.root")(_flat(after, most, "head.above"))
    return layers.Concatenate(name="head.features")(
        [_flat(_below(network, layer, most), most, "head.below"), rooted]
    )


def above(network: keras.Model, layer: str) -> keras.KerasTensor:
    """What a layer's output is turned into before anybody else mixes it.

    Raises:
        SettingError: If the network has no such layer with one output.
    """
    tensor = _output(network, layer)
    while tensor is not network.output:
        following = listeners(network, tensor)
        if len(following) != 1 or mixes(following[0]):
            break
        after = following[0].output
        pooled = isinstance(following[0], _POOLING)
        if not pooled and after.shape[1:] != tensor.shape[1:]:
            break
        tensor = after
        if pooled:
            break
    return tensor


def _output(network: keras.Model, name: str) -> keras.KerasTensor:
    able = [x for x in network.layers if mixes(x)]
    for layer in able:
        if layer.name == name and isinstance(layer.output, keras.KerasTensor):
            return layer.output
    raise SettingError(
        "expected a layer with weights to stand on, one of: "
        f"{', '.join(x.name for x in able)}. Received: {name!r}."
    )


def _below(network: keras.Model, layer: str, most: int) -> keras.KerasTensor:
    """The last passage below a layer; where its places are lost, what they were."""
    step = step_of(network, layer)
    before = [each for each in passages(network) if each.step < step]
    last = before[-1]
    if math.prod(last.tensor.shape[1:]) > most and len(last.tensor.shape) == 2:
        same = [
            x for x in before if x.mixing == last.mixing and len(x.tensor.shape) > 2
        ]
        last = same[-1] if same else last
    return last.tensor


def _flat(tensor: keras.KerasTensor, most: int, name: str) -> keras.KerasTensor:
    """At most ``most`` values, unless there are more channels."""
    step = 0
    if len(tensor.shape) == 2 and tensor.shape[1] > most:
        tensor = layers.Reshape((tensor.shape[1], 1), name=f"{name}_places")(tensor)
    while math.prod(tensor.shape[1:]) > most and max(tensor.shape[1:-1]) > 1:
        step += 1
        flat = len(tensor.shape) != 4
        kind = layers.AveragePooling1D if flat else layers.AveragePooling2D
        tensor = kind(2, padding="same", name=f"{name}_mean_{step}")(tensor)
    return layers.Flatten(name=f"{name}_features")(tensor)
