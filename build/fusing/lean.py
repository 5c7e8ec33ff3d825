"""Takes channels that are silent for good out of a network, and what listens to them.

Fine-pruning sets the weights of pruned channels to zero. That silences them, but they are
still computed and stored.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from repair.network.linear import linear_layers


def without_silent_channels(network: keras.Model) -> keras.Model:
    """The same network without the channels whose weights are all zero.

    A channel is kept where silence is not zero behind it (a sigmoid's is 0.5), or where
    the channels are mixed before a dense or convolutional layer adds them up.

    Args:
        network: Any network; it is not changed. It is returned itself if nothing is
            silent.
    """
    for layer in network.layers:
        if type(layer) is layers.Conv2D and layer.groups == 1:
            heard = _heard(layer)
            if heard.any() and not heard.all():
                network = _without(network, layer.name, heard)
    return network


def _heard(layer: layers.Conv2D) -> np.ndarray:
    """Bool ``(channels,)``; False = all weights are zero."""
    loud = [
        weights.reshape(-1, layer.filters).any(axis=0)
        for weights in layer.get_weights()
    ]
    return np.any(loud, axis=0)


def _without(network: keras.Model, name: str, kept: np.ndarray) -> keras.Model:
    """Without the channels of a convolution that are not in the mask, where possible."""
    layer = network.get_layer(name)
    listeners = linear_layers(network, layer.output)
    if not listeners or not _silence_is_zero(layer, listeners):
        return network

    def narrow(old: keras.Layer) -> keras.Layer:
        config = old.get_config()
        if old is layer:
            config["filters"] = int(kept.sum())
        return type(old).from_config(config)

    lean = keras.models.clone_model(network, clone_function=narrow)
    for old, new in zip(network.layers, lean.layers, strict=True):
        weights = old.get_weights()
        if any(old is listener for listener in listeners):
            weights[0] = _less_input(weights[0], kept)
        elif weights and weights[0].shape != new.weights[0].shape:
            weights = [values[..., kept] for values in weights]
        new.set_weights(weights)
    return lean


def _silence_is_zero(layer: layers.Conv2D, listeners: list[keras.Layer]) -> bool:
    """Whether no listener adds up anything but zeros where the layer's sums are zero."""
    shape = (1, *layer.output.shape[1:])
    silence = layer.activation(np.zeros(shape, np.float32))
    # With a layer of its own at the end, a listener may hear the layer itself.
    inputs = [listener.input for listener in listeners]
    heard = [layers.Identity(name=f"heard.{i}")(x) for i, x in enumerate(inputs)]
    between = keras.Model(layer.output, heard)
    answers = keras.tree.flatten(between(silence, training=False))
    return not any(np.asarray(answer).any() for answer in answers)


def _less_input(kernel: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """A kernel for the kept channels; flattened, the channels take turns."""
    if kernel.ndim == 4:
        return kernel[:, :, kept]
    return kernel[np.resize(kept, len(kernel))]
