"""The pruning-aware attacker, who hides a backdoor in channels that clean images use.

The backdoor is trained into a network without its dormant channels. These are put back
afterwards with lowered biases, as decoys: a defender who prunes dormant channels takes
away the decoys and leaves the backdoor.

References:
    Liu, Dolan-Gavitt and Garg, *Fine-Pruning*, arXiv:1805.12185, section 4.2.
"""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from benchmarks.attacks.material import Material
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import scaled, train

_IMAGES_LOOKED_AT = 1000
_QUIET_SHARE = 0.999


def train_pruning_aware(
    network: keras.Model,
    task: Task,
    *,
    pruned_fraction: float = 0.4,
) -> keras.Model:
    """Turns a trained clean network, in place, into a pruning-aware BadNet.

    Args:
        network: A trained clean network without batch normalisation behind the layer.
        task: Its material with the layer that is pruned; the pruned network is trained.
        pruned_fraction: Share of the channels that serve as decoys.
    """
    layer = network.get_layer(task.material.layer)
    kernel, bias = layer.get_weights()
    means = _activations(network, task.material).mean(axis=(0, 1, 2))
    decoys = means.argsort()[: round(pruned_fraction * len(means))]
    _set_channels(layer, decoys, np.zeros_like(kernel), np.zeros_like(bias))
    # A channel of zeros has no gradient behind its ReLU, so it stays pruned.
    train(network, task)
    _set_channels(layer, decoys, kernel, bias)
    activations = _activations(network, task.material)
    loudest = np.quantile(activations, _QUIET_SHARE, axis=(0, 1, 2))
    _set_channels(layer, decoys, kernel, bias - loudest.astype(bias.dtype))
    return network


def _activations(network: keras.Model, material: Material) -> npt.NDArray[np.float32]:
    """Activations ``(n, rows, cols, channels)`` of the layer on clean images."""
    part = keras.Model(network.input, network.get_layer(material.layer).output)
    images = scaled(material.data.images[:_IMAGES_LOOKED_AT])
    activations: npt.NDArray[np.float32] = part.predict(images, verbose=0)
    return activations


def _set_channels(
    layer: keras.layers.Layer,
    channels: npt.NDArray[np.int64],
    kernel: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32],
) -> None:
    """Gives some channels of a layer the weights they have in ``kernel`` and ``bias``."""
    new_kernel, new_bias = layer.get_weights()
    new_kernel[..., channels] = kernel[..., channels]
    new_bias[channels] = bias[channels]
    layer.set_weights([new_kernel, new_bias])
