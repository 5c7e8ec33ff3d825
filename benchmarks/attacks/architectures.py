"""Untrained networks of other kinds, so that a zoo is not of one family.

Each takes images in [0, 1] and ends in a softmax; 32 x 32 pixels or more.

References:
    Simonyan and Zisserman, *Very Deep Convolutional Networks*, arXiv:1409.1556 (``vgg``).
    He et al., *Deep Residual Learning*, arXiv:1512.03385 (``residual``).
    Sandler et al., *MobileNetV2*, arXiv:1801.04381 (``mobile``).
    Huang et al., *Densely Connected Networks*, arXiv:1608.06993 (``dense``).
    Dosovitskiy et al., *An Image is Worth 16x16 Words*, arXiv:2010.11929 (``patches``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import layers

Tensor = Any


def _tutorial(x: Tensor) -> Tensor:
    """Three plain convolutions and a wide dense layer, as in many a tutorial."""
    for channels in (32, 64, 64):
        x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return layers.Dropout(0.3)(x)


def _vgg(x: Tensor) -> Tensor:
    """Pairs of convolutions with batch normalisation behind the activation."""
    for channels in (32, 64, 96):
        for _ in range(2):
            x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(2)(x)
    return layers.Dense(96, activation="relu")(layers.Flatten()(x))


def _residual(x: Tensor) -> Tensor:
    """Two residual blocks at each of three sizes, and a mean of all places."""
    x = _normalised(layers.Conv2D(16, 3, padding="same", use_bias=False)(x))
    for channels, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        known = x
        x = _normalised(_convolution(x, channels, stride))
        x = layers.BatchNormalization()(_convolution(x, channels, 1))
        if known.shape != x.shape:
            known = layers.Conv2D(channels, 1, strides=stride, use_bias=False)(known)
            known = layers.BatchNormalization()(known)
        x = layers.ReLU()(layers.Add()([x, known]))
    return layers.GlobalAveragePooling2D()(x)


def _mobile(x: Tensor) -> Tensor:
    """Narrow residuals around wide depthwise convolutions, cut off at 6."""
    x = _normalised(layers.Conv2D(24, 3, padding="same", use_bias=False)(x), 6.0)
    for channels, stride in ((24, 1), (32, 2), (32, 1), (48, 2), (48, 1), (64, 1)):
        known = x
        wide = 4 * x.shape[-1]
        x = _normalised(layers.Conv2D(wide, 1, use_bias=False)(x), 6.0)
        x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
        x = layers.Conv2D(channels, 1, use_bias=False)(_normalised(x, 6.0))
        x = layers.BatchNormalization()(x)
        if known.shape == x.shape:
            x = layers.Add()([known, x])
    x = _normalised(layers.Conv2D(192, 1, use_bias=False)(x), 6.0)
    return layers.GlobalAveragePooling2D()(x)


def _dense(x: Tensor) -> Tensor:
    """Every convolution sees all before it of the same size."""
    x = layers.Conv2D(24, 3, padding="same", use_bias=False)(x)
    for block in range(3):
        for _ in range(4):
            new = _convolution(_normalised(x), 16, 1)
            x = layers.Concatenate()([x, new])
        if block < 2:
            x = layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False)(_normalised(x))
            x = layers.AveragePooling2D(2)(x)
    return layers.GlobalAveragePooling2D()(_normalised(x))


def _patches(x: Tensor) -> Tensor:
    """Attention between patches of 4 x 4 pixels, behind two small convolutions."""
    x = layers.Conv2D(32, 3, padding="same", activation="gelu")(x)
    x = layers.Conv2D(64, 4, strides=4)(x)
    x = layers.Reshape((x.shape[1] * x.shape[2], 64))(x)
    for _ in range(3):
        seen = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(4, 16)(seen, seen)])
        seen = layers.LayerNormalization(epsilon=1e-6)(x)
        seen = layers.Dense(64)(layers.Dense(128, activation="gelu")(seen))
        x = layers.Add()([x, seen])
    return layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-6)(x))


def _convolution(x: Tensor, channels: int, stride: int) -> Tensor:
    layer = layers.Conv2D(channels, 3, stride, padding="same", use_bias=False)
    return layer(x)


def _normalised(x: Tensor, most: float | None = None) -> Tensor:
    return layers.ReLU(most)(layers.BatchNormalization()(x))


ARCHITECTURES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "tutorial": _tutorial,
    "vgg": _vgg,
    "residual": _residual,
    "mobile": _mobile,
    "dense": _dense,
    "patches": _patches,
}


def untrained(name: str, num_classes: int, input_shape: tuple[int, ...]) -> keras.Model:
    """An untrained network of a kind in ``ARCHITECTURES``, named after it."""
    images = keras.Input(input_shape)
    seen = ARCHITECTURES[name](images)
    output = layers.Dense(num_classes, activation="softmax")(seen)
    return keras.Model(images, output, name=name)
