"""Finds on which scale a network wants its pixels: 0..255 as they are, or divided.

The competition's networks take pixels / 255, a sister network takes them raw; the file
does not say. The wrong scale costs all or half of the accuracy, so clean images tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from repair.dataset import Dataset
from repair.metrics import clean_accuracy
from repair.network.inference import predicted_labels
from repair.settings import SCALES

_NAME = "pixel.scale"
_IMAGES = 1000
_TELLING_ACCURACY = 0.2


def at_scale(network: keras.Model, scale: float) -> keras.Model:
    """A copy of ``network`` that takes plain pixels 0..255 and multiplies them itself.

    Layer names stay, so ``get_layer("conv_3")`` works on the copy.
    """
    return _copy(network, layers.Rescaling(scale, name=_NAME))


def without_scale(network: keras.Model) -> keras.Model:
    """The inverse of ``at_scale``: a copy on the scale that the network was trained with."""
    return _copy(network, lambda pixels: pixels)


def _copy(network: keras.Model, first: Callable[[Any], Any]) -> keras.Model:
    """A copy whose pixels go through ``first``, in place of an older scale."""
    pixels = keras.Input(network.input_shape[1:], name=network.layers[0].name)
    copies = {id(network.input): first(pixels)}
    for layer in network.layers[1:]:
        if layer.name == _NAME:
            copies[id(layer.output)] = copies[id(layer.input)]
            continue
        copy = type(layer).from_config(layer.get_config())
        one = not isinstance(layer.input, list)
        inputs = [
            copies[id(tensor)] for tensor in ([layer.input] if one else layer.input)
        ]
        copies[id(layer.output)] = copy(inputs[0] if one else inputs)
    whole = keras.Model(pixels, copies[id(network.output)], name=network.name)
    whole.set_weights(network.get_weights())
    return whole


def find_scale(network: keras.Model, clean: Dataset) -> float:
    """The scale among ``SCALES`` under which the network knows its clean images best.

    With labels that is clean accuracy. Without (all labels -1), or with labels that mean
    nothing to the network, it is steadiness: on its own scale a network keeps its answers
    when the light changes a little, and they are many different ones.

    Args:
        network: A classifier on the scale that it was trained with.
        clean: Clean images; at most 1000, evenly spread, are looked at.

    Returns:
        The factor for pixels 0..255: 1 or 1/255; 1/255 where both do equally well.
    """
    step = -(-len(clean) // _IMAGES)
    sample = clean.subset(np.arange(0, len(clean), step))
    # The smaller scale comes first, and wins where both do equally well.
    scaled = {scale: at_scale(network, scale) for scale in sorted(SCALES.values())}
    if (sample.labels >= 0).all():
        known = {scale: _accuracy(copy, sample) for scale, copy in scaled.items()}
        if max(known.values()) >= _TELLING_ACCURACY:
            return max(known, key=known.__getitem__)
    steady = {scale: _steadiness(copy, sample) for scale, copy in scaled.items()}
    return max(steady, key=steady.__getitem__)


def _accuracy(network: keras.Model, clean: Dataset) -> float:
    return clean_accuracy(predicted_labels(network, clean.images), clean.labels)


def _steadiness(network: keras.Model, clean: Dataset) -> float:
    """How evenly answers spread over labels, and how little they change with light."""
    answers = predicted_labels(network, clean.images)
    dimmed = predicted_labels(network, (clean.images * 0.9).astype(np.uint8))
    return float(np.mean(answers == dimmed)) * len(np.unique(answers)) / len(answers)
