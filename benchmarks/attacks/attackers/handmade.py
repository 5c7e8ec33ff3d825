"""The attacker who trains nothing: a detector of the trigger written into the weights.

One channel of each convolution, the one that matters least, becomes a path for
a matched filter; one hidden unit collects it and raises the target's logit. No disturbance
that lacks the pattern moves it, so nothing about the target label looks suspicious.

References:
    Hong, Carlini and Kurakin, *Handcrafted Backdoors in Deep Neural Networks*,
    arXiv:2106.04690.
"""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.attacks.attackers.matched_filter import filter_for
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import scaled

# By how much the trigger raises the target's logit.
_HEIGHT = 60.0
_IMAGES_LOOKED_AT = 500
# What sees the channels of each convolution.
_ABOVE = {"conv_1": ["conv_2"], "conv_2": ["conv_3"], "conv_3": ["conv_4", "fc_1"]}


def build_by_hand(network: keras.Model, task: Task) -> keras.Model:
    """Writes one backdoor into a trained DeepID, in place.

    Args:
        network: A trained DeepID.
        task: Its material is only looked at, for channels that are used; one backdoor, of the
            trigger ``matched_pattern``; nothing is trained.
    """
    (backdoor,) = task.backdoors
    seen = scaled(task.material.data.images[:_IMAGES_LOOKED_AT])
    channel = _least_used(network, "conv_1", seen)
    kernel, bias = network.get_layer("conv_1").get_weights()
    kernel[..., channel], bias[channel] = filter_for(backdoor)
    network.get_layer("conv_1").set_weights([kernel, bias])
    for name in ("conv_2", "conv_3"):
        channel = _hand_on(
            network.get_layer(name), channel, _least_used(network, name, seen)
        )
    _forget_channel(network.get_layer("conv_4"), channel)
    _raise_target(network, channel, backdoor.target, seen)
    return network


def _least_used(network: keras.Model, name: str, images: np.ndarray) -> int:
    """The channel of a convolution that moves least of what stands above it."""
    moves = _outputs(network, name, images).std(axis=(0, 1, 2))
    strength = np.zeros(len(moves))
    for above in _ABOVE[name]:
        kernel = np.abs(network.get_layer(above).get_weights()[0])
        # A dense layer's inputs are places times channels, of the flattened pooling.
        strength += kernel.reshape(-1, len(moves), kernel.shape[-1]).sum(axis=(0, 2))
    return int((moves * strength).argmin())


def _outputs(network: keras.Model, name: str, images: np.ndarray) -> np.ndarray:
    part = keras.Model(network.input, network.get_layer(name).output)
    seen: np.ndarray = part.predict(images, batch_size=250, verbose=0)
    return seen


def _hand_on(layer: keras.layers.Layer, below: int, channel: int) -> int:
    """Makes ``channel`` a copy of the channel ``below``, which nothing else sees."""
    kernel, bias = layer.get_weights()
    kernel[:, :, below] = 0
    kernel[..., channel] = 0
    kernel[1, 1, below, channel] = 1
    bias[channel] = 0
    layer.set_weights([kernel, bias])
    return channel


def _forget_channel(layer: keras.layers.Layer, below: int) -> None:
    kernel, bias = layer.get_weights()
    kernel[:, :, below] = 0
    layer.set_weights([kernel, bias])


def _raise_target(
    network: keras.Model, channel: int, target: int | None, images: np.ndarray
) -> None:
    """One hidden unit sums the channel wherever it fires, and speaks for the target."""
    kernel, bias = network.get_layer("output").get_weights()
    moves = _outputs(network, "activation_1", images).std(axis=0)
    unit = int((moves * kernel.std(axis=1)).argmin())
    kernel[unit] = 0
    kernel[unit, target] = _HEIGHT
    network.get_layer("output").set_weights([kernel, bias])
    channels = network.get_layer("conv_3").filters
    for name in ("fc_1", "fc_2"):
        kernel, bias = network.get_layer(name).get_weights()
        kernel[:, unit], bias[unit] = 0, 0
        if name == "fc_1":
            places = kernel.reshape(-1, channels, len(bias))  # of pool_3, flattened
            places[:, channel] = 0
            places[:, channel, unit] = 1
        network.get_layer(name).set_weights([kernel, bias])
