"""What the fresh head sees of an image: activations around one convolution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from repair.methods.fresh_head.recipe import Recipe
from repair.network.activations import channel_layer
from repair.network.inference import BATCH_SIZE


@keras.saving.register_keras_serializable(package="badnet_repair")
class SquareRoot(layers.Layer):
    """The square root of activations; it evens out strong and weak channels."""

    def call(self, activations: keras.KerasTensor) -> keras.KerasTensor:
        """The root of each value, 0 for negative ones."""
        return ops.sqrt(ops.relu(activations))

    def compute_output_spec(self, activations: keras.KerasTensor) -> keras.KerasTensor:
        """The same shape and type."""
        return keras.KerasTensor(activations.shape, activations.dtype)


def tap(network: keras.Model, layer: str, most: int) -> keras.KerasTensor:
    """The features as a tensor ``(n, features)`` of the network's own graph.

    They are the input of ``layer`` and the root of its output behind the pooling that
    follows; what would be more than ``most`` values is averaged over 2 x 2 places first.

    Raises:
        SettingError: If the network has no convolution of that name.
    """
    convolution = channel_layer(network, layer)
    above = convolution.output
    for other in network.layers:
        if isinstance(other, layers.MaxPooling2D) and other.input is above:
            above = other.output
            break
    rooted = SquareRoot(name="fresh.root")(_flat(above, most, "fresh.above"))
    return layers.Concatenate(name="fresh.features")(
        [_flat(convolution.input, most, "fresh.below"), rooted]
    )


def _flat(tensor: keras.KerasTensor, most: int, name: str) -> keras.KerasTensor:
    step = 0
    while math.prod(tensor.shape[1:]) > most and max(tensor.shape[1:3]) > 1:
        step += 1
        pooling = layers.AveragePooling2D(2, padding="same", name=f"{name}_mean_{step}")
        tensor = pooling(tensor)
    return layers.Flatten(name=f"{name}_features")(tensor)


@dataclass(frozen=True)
class Seen:
    """What was seen of ``n`` images.

    Attributes:
        features: ``(n, features)`` float32.
        labels: ``(n,)`` int64, the network's own answers.
        confidence: ``(n,)`` float32 in [0, 1], its confidence in them.
    """

    features: np.ndarray
    labels: np.ndarray
    confidence: np.ndarray


class Observer:
    """Looks at images through a network: features, and the network's own answer."""

    def __init__(
        self, network: keras.Model, layer: str, most: int = Recipe.max_features
    ) -> None:
        """Taps ``network`` around the convolution ``layer`` (see ``tap``)."""
        self.features = tap(network, layer, most)
        self._both = keras.Model(network.input, [self.features, network.output])

    def __call__(self, images: np.ndarray) -> Seen:
        """Looks at images ``(n, rows, columns, channels)``, 0..255."""
        features, labels, confidence = [], [], []
        for start in range(0, len(images), BATCH_SIZE):
            part, scores = self._both(
                images[start : start + BATCH_SIZE], training=False
            )
            features.append(np.asarray(part))
            labels.append(np.argmax(scores, axis=1))
            confidence.append(np.max(scores, axis=1))
        return Seen(
            features=np.concatenate(features),
            labels=np.concatenate(labels),
            confidence=np.concatenate(confidence),
        )
