"""A few networks that hold every kind of layer between them, as people save them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from saved_networks import lively

SHAPE = (12, 10, 3)


def _start() -> tuple[Any, Any]:
    images = keras.Input(SHAPE)
    return images, layers.Rescaling([1 / 255] * 3, [-0.4, -0.5, -0.6])(images)


def _end(images: Any, x: Any) -> keras.Model:
    x = layers.Flatten()(x) if len(x.shape) > 2 else x
    return lively(keras.Model(images, layers.Dense(4, activation="softmax")(x)))


def convolutions() -> keras.Model:
    """Convolutions and activations of each kind."""
    images, x = _start()
    x = layers.LeakyReLU(0.1)(layers.Conv2D(6, 3, groups=3)(x))
    x = layers.PReLU(shared_axes=[1, 2])(
        layers.SeparableConv2D(6, 3, dilation_rate=2)(x)
    )
    x = layers.ELU()(layers.Conv2DTranspose(4, 3, strides=2)(x))
    x = layers.DepthwiseConv2D(3, activation="hard_silu")(x)
    x = layers.SpatialDropout2D(0.1)(layers.UpSampling2D(2)(layers.Cropping2D(1)(x)))
    return _end(images, layers.Conv2D(5, 3, activation=layers.LeakyReLU(0.2))(x))


def normalised() -> keras.Model:
    """Normalisations, and layers that work in training alone."""
    images, x = _start()
    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(0).normal(0, 1, (9, *SHAPE)).astype("f4"))
    x = layers.GaussianNoise(0.1)(layers.RandomFlip()(adapted(x)))
    x = layers.LayerNormalization()(layers.Resizing(9, 8)(x))
    x = layers.GroupNormalization(2)(layers.Conv2D(4, 3)(layers.CenterCrop(8, 7)(x)))
    return _end(images, layers.UnitNormalization()(layers.ReLU(2.0, 0.1)(x)))


def transformer() -> keras.Model:
    """A block of a vision transformer."""
    images, x = _start()
    x = layers.Reshape((-1, 8))(layers.Conv2D(8, 4, strides=2)(x))
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 4)(y, y)])
    y = layers.Dense(16, activation="gelu")(layers.LayerNormalization()(x))
    x = layers.Add()(
        [x, layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d")(y)]
    )
    return _end(images, layers.GlobalAveragePooling1D()(x))


def arithmetic() -> keras.Model:
    """Operators, and merging layers of each kind."""
    images, x = _start()
    x = 2.0 * x[..., ::-1] - 1.0
    a = layers.Conv2D(4, 3)(x)
    b = ops.relu(layers.Conv2D(4, 3)(x))
    x = layers.Subtract()([layers.Maximum()([a, b]), layers.Minimum()([a, b])])
    x = layers.Multiply()([layers.Average()([x, a]), ops.sigmoid(b)])
    x = ops.concatenate([x, a + b], axis=-1)
    return _end(images, ops.mean(x, axis=(1, 2)))


def nested() -> keras.Model:
    """A transfer model whose base is called twice, and a layer that is."""
    images, x = _start()
    base = keras.Sequential(
        [keras.Input(SHAPE), layers.Conv2D(3, 3, padding="same", name="conv")]
        + [layers.BatchNormalization(), layers.ReLU()],
        name="base",
    )
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    x = base(conv(base(conv(x))))
    base.trainable = False
    return _end(images, layers.GlobalAveragePooling2D()(x))


def logits() -> keras.Model:
    """Scores without a softmax."""
    images, x = _start()
    x = layers.Flatten()(
        layers.MaxPooling2D(2)(layers.Conv2D(6, 3, activation="relu")(x))
    )
    return lively(keras.Model(images, layers.Dense(4)(x)))


def one_sigmoid() -> keras.Model:
    """Two labels."""
    images, x = _start()
    x = layers.Flatten()(layers.Conv2D(6, 3, activation="relu")(x))
    return lively(keras.Model(images, layers.Dense(1, activation="sigmoid")(x)))


KINDS: dict[str, Callable[[], keras.Model]] = {
    each.__name__: each
    for each in (convolutions, normalised, transformer, arithmetic, nested, logits)
    + (one_sigmoid,)
}
