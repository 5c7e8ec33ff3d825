"""DeepID that trains several times faster, and becomes a plain DeepID afterwards.

Batch normalisation stands behind the input and the hidden layers while the network is
trained; in use it is an affine map a channel, so it is folded into kernels and biases.

References:
    Ioffe and Szegedy, *Batch Normalization*, arXiv:1502.03167.
"""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from repair.reading.deepid import deepid

Floats = npt.NDArray[np.float32]
_CHANNELS_AND_SIZES = {"conv_1": (20, 4), "conv_2": (40, 3), "conv_3": (60, 3)}


def normalised_deepid(
    num_classes: int, input_shape: tuple[int, int, int]
) -> keras.Model:
    """An untrained DeepID with batch normalisation, for images in [0, 1]."""
    images = keras.Input(input_shape, name="input")
    x = layers.BatchNormalization(center=False, scale=False, name="of_input")(images)
    for name, (channels, size) in _CHANNELS_AND_SIZES.items():
        x = _normalised_relu(layers.Conv2D(channels, size, name=name)(x), name)
        x = layers.MaxPooling2D(2)(x)
    fine = _normalised_relu(layers.Conv2D(80, 2, name="conv_4")(x), "conv_4")
    coarse = layers.Dense(160, name="fc_1")(layers.Flatten()(x))
    fine = layers.Dense(160, name="fc_2")(layers.Flatten()(fine))
    x = _normalised_relu(layers.Add()([coarse, fine]), "fc")
    people = layers.Dense(num_classes, activation="softmax", name="output")(x)
    return keras.Model(images, people)


def folded(network: keras.Model) -> keras.Model:
    """The plain DeepID with the probabilities of a trained normalised one."""
    plain = deepid(network.output_shape[-1], network.input_shape[1:])
    for layer in plain.layers:
        if layer.weights:
            layer.set_weights(network.get_layer(layer.name).get_weights())
    for name in (*_CHANNELS_AND_SIZES, "conv_4"):
        _fold(plain.get_layer(name), *_affine(network, name))
    factor, offset = _affine(network, "fc")
    _fold(plain.get_layer("fc_1"), factor, offset)
    _fold(plain.get_layer("fc_2"), factor, np.zeros_like(offset))
    factor, offset = _affine(network, "input")
    kernel, bias = plain.get_layer("conv_1").get_weights()
    bias += np.einsum("rcio,i->o", kernel, offset)
    plain.get_layer("conv_1").set_weights([kernel * factor[:, None], bias])
    return plain


def _normalised_relu(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization(name=f"of_{name}")(x))


def _affine(network: keras.Model, name: str) -> tuple[Floats, Floats]:
    """Factor and offset ``(channels,)`` that a trained normalisation amounts to."""
    layer = network.get_layer(f"of_{name}")
    *gamma_and_beta, mean, variance = layer.get_weights()
    gamma, beta = gamma_and_beta or (np.ones_like(mean), np.zeros_like(mean))
    factor = gamma / np.sqrt(variance + layer.epsilon)
    return factor, beta - mean * factor


def _fold(layer: keras.layers.Layer, factor: Floats, offset: Floats) -> None:
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * factor, bias * factor + offset])
