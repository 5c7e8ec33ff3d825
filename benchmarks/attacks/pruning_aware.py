"""The pruning-aware attacker, who hides a backdoor in channels that clean images use.

The backdoor is trained into a network without its dormant channels. These are put back
afterwards with lowered biases, as decoys: a defender who prunes dormant channels takes
away the decoys and leaves the backdoor.

References:
    Liu, Dolan-Gavitt and Garg, *Fine-Pruning*, arXiv:1805.12185, section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.faces import Faces
from benchmarks.attacks.training import scaled, train

LAYER = "conv_3"
_IMAGES_LOOKED_AT = 1000
_QUIET_SHARE = 0.999


def train_pruning_aware(
    clean: keras.Model,
    faces: Faces,
    backdoors: Sequence[Backdoor],
    *,
    epochs: int,
    learning_rate: float,
    fraction: float,
    seed: int,
    disturbed: float = 0.0,
    pruned_fraction: float = 0.4,
) -> None:
    """Turns a trained clean network, in place, into a pruning-aware BadNet.

    Args:
        clean: A trained clean network.
        faces: The attacker's faces.
        backdoors: What to train into it.
        epochs: Epochs of training on the pruned network.
        learning_rate: Peak learning rate of that training.
        fraction: Poisoned copies a trigger, as a share of the clean images.
        seed: Seed of the training.
        disturbed: As for ``training.train``.
        pruned_fraction: Share of the channels that serve as decoys.
    """
    layer = clean.get_layer(LAYER)
    kernel, bias = layer.get_weights()
    means = _activations(clean, faces).mean(axis=(0, 1, 2))
    decoys = means.argsort()[: round(pruned_fraction * len(means))]
    _set_channels(layer, decoys, np.zeros_like(kernel), np.zeros_like(bias))
    # A channel of zeros has no gradient behind its ReLU, so it stays pruned.
    train(
        *(clean, faces, backdoors),
        epochs=epochs,
        learning_rate=learning_rate,
        fraction=fraction,
        seed=seed,
        disturbed=disturbed,
    )
    _set_channels(layer, decoys, kernel, bias)
    loudest = np.quantile(_activations(clean, faces), _QUIET_SHARE, axis=(0, 1, 2))
    _set_channels(layer, decoys, kernel, bias - loudest.astype(bias.dtype))


def _activations(network: keras.Model, faces: Faces) -> npt.NDArray[np.float32]:
    """Activations ``(n, rows, cols, channels)`` of the layer on clean images."""
    part = keras.Model(network.input, network.get_layer(LAYER).output)
    images = scaled(faces.images[:_IMAGES_LOOKED_AT])
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
