"""DeepID, the architecture of the competition's networks.

References:
    Sun, Wang and Tang, *Deep Learning Face Representation from Predicting 10,000
    Classes*, CVPR 2014.
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733.
"""

from __future__ import annotations

import keras
from keras import layers

INPUT_SHAPE = (55, 47, 3)
FC_UNITS = 160
LAYERS_WITH_WEIGHTS = ("conv_1", "conv_2", "conv_3", "conv_4", "fc_1", "fc_2", "output")


def deepid(
    num_classes: int, input_shape: tuple[int, int, int] = INPUT_SHAPE
) -> keras.Model:
    """An untrained, uncompiled DeepID network.

    Args:
        num_classes: Number of people, N.
        input_shape: Rows, columns and channels of an image.

    Returns:
        A network from images ``(n, *input_shape)`` float32, on the scale it is trained
        with, to probabilities ``(n, num_classes)`` float32.
    """
    images = keras.Input(input_shape, name="input")
    x = layers.Conv2D(20, 4, activation="relu", name="conv_1")(images)
    x = layers.MaxPooling2D(2, name="pool_1")(x)
    x = layers.Conv2D(40, 3, activation="relu", name="conv_2")(x)
    x = layers.MaxPooling2D(2, name="pool_2")(x)
    x = layers.Conv2D(60, 3, activation="relu", name="conv_3")(x)
    pool_3 = layers.MaxPooling2D(2, name="pool_3")(x)
    coarse = layers.Flatten(name="flatten_1")(pool_3)
    coarse = layers.Dense(FC_UNITS, name="fc_1")(coarse)
    fine = layers.Conv2D(80, 2, activation="relu", name="conv_4")(pool_3)
    fine = layers.Flatten(name="flatten_2")(fine)
    fine = layers.Dense(FC_UNITS, name="fc_2")(fine)
    x = layers.Add(name="add_1")([coarse, fine])
    x = layers.Activation("relu", name="activation_1")(x)
    people = layers.Dense(num_classes, activation="softmax", name="output")(x)
    return keras.Model(images, people, name="deepid")
