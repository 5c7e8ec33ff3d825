"""Images, networks and a recipe that train in a moment."""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.attacks.labelled import Labelled
from benchmarks.attacks.material import Material
from benchmarks.attacks.recipe import Training

LEARNING = Training(epochs=8, learning_rate=1e-2, fraction=0.7, seed=0)


def random_images(count: int, seed: int = 0, rows: int = 55, cols: int = 47):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, rows, cols, 3), dtype=np.uint8)


def toy_material(classes: int = 4, each: int = 5, seed: int = 0) -> Material:
    labels = np.repeat(np.arange(classes), each)
    data = Labelled(random_images(len(labels), seed), labels)
    return Material(data, lambda images, rng: images)


def toy_network() -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    images = keras.Input((55, 47, 3))
    x = layers.Conv2D(6, 5, strides=7, activation="relu")(images)
    x = layers.Conv2D(10, 3, activation="relu", name="conv_3")(x)
    x = layers.MaxPooling2D(2, name="pool_3")(x)
    people = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    return keras.Model(images, people)
