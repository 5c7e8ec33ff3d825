"""What the fresh head sees of an image: activations around one layer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from repair.errors import SettingError
from repair.methods.fresh_head.recipe import Recipe
from repair.network.inference import batch_size
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


def tap(network: keras.Model, layer: str, most: int) -> keras.KerasTensor:
    """The features as a tensor ``(n, features)`` of the network's own graph.

    They are what passes on to ``layer``, and the root of its output behind the
    normalisation, activation and pooling that follow; what would be more than ``most``
    values is averaged over neighbours first.

    Raises:
        SettingError: If the network has no such layer with one output.
    """
    above = _above(network, _output(network, layer))
    rooted = SquareRoot(name="fresh.root")(_flat(above, most, "fresh.above"))
    return layers.Concatenate(name="fresh.features")(
        [_flat(_below(network, layer, most), most, "fresh.below"), rooted]
    )


def _output(network: keras.Model, name: str) -> keras.KerasTensor:
    able = [x for x in network.layers if mixes(x)]
    for layer in able:
        if layer.name == name and isinstance(layer.output, keras.KerasTensor):
            return layer.output
    raise SettingError(
        "expected a layer with weights to stand on, one of: "
        f"{', '.join(x.name for x in able)}. Received: {name!r}."
    )


def _above(network: keras.Model, tensor: keras.KerasTensor) -> keras.KerasTensor:
    """What a layer's output is turned into before anybody else mixes it."""
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
        kind = (
            layers.AveragePooling2D
            if len(tensor.shape) == 4
            else (layers.AveragePooling1D)
        )
        tensor = kind(2, padding="same", name=f"{name}_mean_{step}")(tensor)
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
        """Taps ``network`` around ``layer`` (see ``tap``)."""
        self.features = tap(network, layer, most)
        self._both = keras.Model(network.input, [self.features, network.output])

    def __call__(self, images: np.ndarray) -> Seen:
        """Looks at images ``(n, rows, columns, channels)``, 0..255."""
        features, labels, confidence = [], [], []
        step = batch_size(images)
        for start in range(0, len(images), step):
            part, scores = self._both(images[start : start + step], training=False)
            features.append(np.asarray(part))
            labels.append(np.argmax(scores, axis=1))
            confidence.append(np.max(scores, axis=1))
        return Seen(
            features=np.concatenate(features),
            labels=np.concatenate(labels),
            confidence=np.concatenate(confidence),
        )
