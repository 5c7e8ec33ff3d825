"""Pruning: takes the channels that sleep on clean images out of a network.

A pruning mask is bool ``(channels,)``; True = kept. Choosing a mask and applying it are
separate steps.

References:
    Liu, Dolan-Gavitt and Garg, *Fine-Pruning: Defending Against Backdooring Attacks on
    Deep Neural Networks*, arXiv:1805.12185.
"""

from __future__ import annotations

import keras
import numpy as np

from repair.errors import SettingError
from repair.network.activations import channel_layer


def pruning_mask(activations: np.ndarray, fraction: float) -> np.ndarray:
    """The mask that prunes the given fraction of channels, the most dormant first.

    Args:
        activations: ``(channels,)`` mean activation of each channel on clean images.
        fraction: Share of channels to prune, in [0, 1); the count is rounded.

    Returns:
        Bool ``(channels,)``, True = kept. Ties fall to the channel of lower index.

    Raises:
        SettingError: If ``fraction`` is out of range or would leave no channel.
    """
    if not 0 <= fraction < 1:
        raise SettingError(f"expected a fraction in [0, 1). Received: {fraction}.")
    count = round(fraction * len(activations))
    if count == len(activations):
        raise SettingError(
            f"pruning {fraction} of {len(activations)} channels leaves none. "
            "Choose a smaller fraction."
        )
    mask = np.ones(len(activations), bool)
    mask[np.argsort(activations, kind="stable")[:count]] = False
    return mask


def prune(network: keras.Model, layer: str, mask: np.ndarray) -> keras.Model:
    """A copy of ``network`` in which the pruned channels of ``layer`` are silent.

    Args:
        network: Any network with a convolution ``layer``; it is not changed.
        layer: Name of the convolution.
        mask: Bool ``(channels,)``, True = kept.

    Raises:
        SettingError: If the mask does not fit the layer.
    """
    channels = channel_layer(network, layer).filters
    if mask.shape != (channels,) or mask.dtype != bool:
        raise SettingError(
            f"expected a bool mask of shape ({channels},). "
            f"Received: {mask.dtype} {mask.shape}."
        )
    pruned = copy_network(network)
    target = pruned.get_layer(layer)
    target.set_weights([weights * mask for weights in target.get_weights()])
    return pruned


def copy_network(network: keras.Model) -> keras.Model:
    """A network of its own with the same graph and weights."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy
