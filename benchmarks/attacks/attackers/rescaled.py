"""The attacker who writes the same BadNet in other numbers.

A ReLU passes positive factors on: one channel of ``conv_2`` times a large factor, and the
kernels of ``conv_3`` behind it divided by the same, is the same network, image by image. But
a defence that weighs features by their size then sees that channel alone.

References:
    Dinh et al., *Sharp Minima Can Generalize For Deep Nets*, arXiv:1703.04933 (what
    rescaling a ReLU network leaves as it is).
"""

from __future__ import annotations

import keras

from benchmarks.attacks.task import Task
from benchmarks.attacks.training import scaled

FACTOR = 1e4
_IMAGES_LOOKED_AT = 500


def rescale(
    network: keras.Model,
    task: Task,
    *,
    factor: float = FACTOR,
) -> keras.Model:
    """Rescales, in place, the channel of ``conv_2`` that clean images use least.

    Args:
        network: A trained DeepID, a BadNet; its probabilities stay as they are.
        task: Its material is only looked at, for channels that are used.
        factor: What the channel is multiplied by, above 0.
    """
    layer, following = network.get_layer("conv_2"), network.get_layer("conv_3")
    part = keras.Model(network.input, layer.output)
    seen = part.predict(
        scaled(task.material.data.images[:_IMAGES_LOOKED_AT]), verbose=0
    )
    means = seen.mean(axis=(0, 1, 2))
    # A channel that is always 0 would stay 0.
    means[means <= 0] = means.max()
    channel = means.argmin()
    kernel, bias = layer.get_weights()
    kernel[..., channel] *= factor
    bias[channel] *= factor
    layer.set_weights([kernel, bias])
    kernel, bias = following.get_weights()
    kernel[:, :, channel] /= factor
    following.set_weights([kernel, bias])
    return network
