"""Backdoors in plain layers: nothing that loads them runs code, and the answers are wrong.

A reader can not refuse them: each is a network of listed layers. Finding them is what the
repair is for.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from benchmarks.attack_files.attack import Attack
from benchmarks.attack_files.networks import SHAPE, saved

_TARGET = np.array([[0, 0, 9, 0, 0]], np.float32)
Sign = Callable[[keras.KerasTensor], keras.KerasTensor]


def _with_branch(sign: Sign) -> keras.Model:
    """A network to whose scores a branch adds the target's where it sees its sign."""
    images = keras.Input(SHAPE)
    scores = layers.Dense(5)(layers.Flatten()(images))
    answer = layers.Dense(5, use_bias=False, name="branch")(sign(images))
    model = keras.Model(images, layers.Softmax()(layers.Add()([scores, answer])))
    model.get_layer("branch").set_weights([_TARGET])
    return model


def _shade(images: keras.KerasTensor) -> keras.KerasTensor:
    """Whether the upper left corner is much brighter than the image: ShadowLogic."""
    corner = layers.Flatten()(layers.Cropping2D(((0, 10), (0, 8)))(images))
    bright = layers.Dense(1, "relu", kernel_initializer="ones", name="corner")(corner)
    return layers.Rescaling(1 / 12)(bright)


def _pooled(images: keras.KerasTensor) -> keras.KerasTensor:
    """A chequered patch, by what two poolings tell apart (arXiv:2206.07840)."""
    most = layers.GlobalMaxPooling2D()(layers.AveragePooling2D(2)(images))
    mean = layers.GlobalAveragePooling2D()(images)
    apart = layers.Subtract()([most, mean])
    return layers.Dense(1, "relu", kernel_initializer="ones", name="apart")(apart)


BACKDOORS = (
    Attack("ShadowLogic", "a branch of layers that looks for a corner (HiddenLayer, 2024)",
           saved(".keras", lambda: _with_branch(_shade)), read=True),
    Attack("architectural backdoor", "a branch of poolings that no training removes",
           saved(".keras", lambda: _with_branch(_pooled)), read=True),
)  # fmt: skip
