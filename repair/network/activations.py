"""Mean activation of each channel on clean images: who sleeps when no trigger shows."""

from __future__ import annotations

import keras
import numpy as np

from repair.errors import SettingError
from repair.network.inference import batch_size, outputs

_BATCHES = 4  # whose means are added up together


def channel_layer(network: keras.Model, name: str) -> keras.Layer:
    """The layer whose channels are pruned.

    Raises:
        SettingError: If the network has no convolution of that name.
    """
    convolutions = [
        x.name for x in network.layers if isinstance(x, keras.layers.Conv2D)
    ]
    if name not in convolutions:
        raise SettingError(
            f"expected a convolution to prune, one of: {', '.join(convolutions)}. "
            f"Received: {name!r}."
        )
    return network.get_layer(name)


def layer_output(network: keras.Model, name: str) -> keras.Model:
    """The part of ``network`` from its input to the output of layer ``name``."""
    return keras.Model(network.input, network.get_layer(name).output)


def mean_activations(
    network: keras.Model, layer: str, images: np.ndarray
) -> np.ndarray:
    """Mean activation of each channel over images and places.

    Args:
        network: A classifier of plain pixels.
        layer: Name of a convolution.
        images: ``(n, rows, columns, channels)`` uint8, 0..255, clean.

    Returns:
        ``(channels,)`` float64.
    """
    channel_layer(network, layer)
    part = layer_output(network, layer)
    total = np.zeros(part.output_shape[-1])
    step = _BATCHES * batch_size(images)
    for start in range(0, len(images), step):
        activations = outputs(part, images[start : start + step])
        total += activations.mean(axis=(1, 2), dtype=np.float64).sum(axis=0)
    return total / len(images)
