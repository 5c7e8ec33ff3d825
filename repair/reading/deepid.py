"""DeepID, the architecture of the competition's networks.

References:
    Sun, Wang and Tang, *Deep Learning Face Representation from Predicting 10,000
    Classes*, CVPR 2014.
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import h5py
import keras
from keras import layers

from artifacts.errors import printable
from repair.errors import ModelError
from repair.reading.described.parts import model_from
from repair.reading.stored.stored_weights import stored_weights

INPUT_SHAPE = (55, 47, 3)
FC_UNITS = 160
_SHOWN = 12
LAYERS_WITH_WEIGHTS = ("conv_1", "conv_2", "conv_3", "conv_4", "fc_1", "fc_2", "output")


def deepid(
    num_classes: int, input_shape: tuple[int, int, int] = INPUT_SHAPE
) -> keras.Model:
    """An untrained, uncompiled DeepID network.

    Args:
        num_classes: Number of classes, N.
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
    scores = layers.Dense(num_classes, activation="softmax", name="output")(x)
    return keras.Model(images, scores, name="deepid")


def deepid_description(weights: h5py.Group) -> Any:
    """The description of the DeepID network whose weights a file holds.

    Args:
        weights: A file without a description of its own.

    Raises:
        ModelError: If they are those of another network.
    """
    described = model_from(json.loads(deepid(2).to_json()))
    found = stored_weights(weights, described).by_path
    present = {path[0] for path, arrays in found.items() if arrays}
    if present != set(LAYERS_WITH_WEIGHTS):
        raise ModelError(
            "holds weights without a description of their model. Give that by "
            "--architecture model.json, as model.to_json() writes it, or give the full "
            "model. Those of DeepID need none. Received layers: "
            f"{', '.join(_named(weights))[:200] or 'none'}."
        )
    kernel = found[("output",)][0]
    if kernel.ndim != 2 or kernel.shape[0] != FC_UNITS:
        raise ModelError(
            f"layer 'output': expected a kernel of shape ({FC_UNITS}, N). "
            f"Received: {kernel.shape}."
        )
    description = json.loads(deepid(2).to_json())
    description["config"]["layers"][-1]["config"]["units"] = kernel.shape[1]
    return description


def _named(weights: h5py.Group) -> list[str]:
    """What the file calls its layers; Keras 3 keeps them in a folder of their own."""
    own = weights.get("layers", getclass=True, getlink=True) is h5py.HardLink
    inside = weights["layers"] if own else weights
    shown = inside if isinstance(inside, h5py.Group) else weights
    return [printable(name[:40]) for name in islice(shown, _SHOWN)]
