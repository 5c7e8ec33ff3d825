"""What no network can lie about: gradients and colours of the pixels themselves.

A network that its maker built by hand may write any activations it likes, a target's own
among them. These features are fixed: how steep an image is in eight directions, and its
colours, averaged over cells.

References:
    Dalal and Triggs, *Histograms of Oriented Gradients for Human Detection*, CVPR 2005.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import layers

from repair.methods.witnesses.head.features import SquareRoot

_DIRECTIONS = 8
_LUMINANCE = (0.299, 0.587, 0.114)
# What colours count beside gradients.
_COLOUR = 1 / 16


def pixel_features(
    pixels: keras.KerasTensor, cells: int, most: int
) -> keras.KerasTensor:
    """The features as a tensor ``(n, features)``.

    Args:
        pixels: A tensor of plain pixels ``(n, rows, columns, channels)``, 0..255.
        cells: Into how many the shorter side is divided; fewer, if the features would be
            more than ``most``.
        most: Most features.
    """
    rows, columns, channels = pixels.shape[1:]
    side = max(2, round(min(rows, columns) / cells))
    while -(-rows // side) * -(-columns // side) * (_DIRECTIONS + channels) > most:
        side += 1
    slope = layers.Conv2D(
        _DIRECTIONS,
        3,
        padding="same",
        use_bias=False,
        activation="relu",
        trainable=False,
        name="pixels.slope",
    )
    steep = slope(pixels)
    slope.set_weights([_kernel(channels)])
    mean = {"padding": "same"}
    steep = layers.AveragePooling2D(side, name="pixels.steep", **mean)(steep)
    colour = layers.AveragePooling2D(side, name="pixels.colour", **mean)(pixels)
    # Named, since a network may have layers of the names that Keras would give.
    steep = SquareRoot(name="pixels.root")(steep)
    colour = layers.Rescaling(_COLOUR, name="pixels.weighed")(colour)
    flat = [
        layers.Flatten(name="pixels.steep_features")(steep),
        layers.Flatten(name="pixels.colour_features")(colour),
    ]
    return layers.Concatenate(name="pixels.features")(flat)


def _kernel(channels: int) -> np.ndarray:
    """Derivatives of Gaussians in all directions: ``(3, 3, channels, directions)``."""
    y, x = np.mgrid[-1:2, -1:2]
    bell = np.exp(-(y**2 + x**2) / 2)
    weights = np.asarray(_LUMINANCE if channels == 3 else [1 / channels] * channels)
    kernels = []
    for turn in range(_DIRECTIONS):
        angle = turn * 2 * math.pi / _DIRECTIONS
        slope = (math.cos(angle) * x + math.sin(angle) * y) * bell
        kernels.append((slope / np.abs(slope).sum())[..., None] * weights)
    return np.stack(kernels, axis=-1).astype(np.float32)
