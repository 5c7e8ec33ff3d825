"""Networks with arithmetic between their layers, and files whose arithmetic is put anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers
from saved_networks import lively, saved
from toys import change_model

SHAPE = (12, 10, 3)


def network(operate: Callable[[Any], Any]) -> keras.Model:
    """Pixels / 255, what is tried, and a dense layer."""
    images = keras.Input(SHAPE)
    x = operate(layers.Rescaling(1 / 255)(images))
    x = x if len(x.shape) == 2 else layers.Flatten()(x)
    model = keras.Model(images, layers.Dense(4, activation="softmax")(x))
    rng = np.random.default_rng(0)
    for variable in model.weights:
        fan_in = variable.shape[0]
        variable.assign(rng.normal(0, 2 * fan_in**-0.5, variable.shape))
    return model


def tensorflow_operator(
    function: str, arguments: list[Any], **keywords: Any
) -> Callable[[Any], None]:
    """Puts a ``TFOpLambda`` in place of the layer ``scale``."""

    def change(description: Any) -> None:
        every = description["config"]["layers"]
        place = next(each for each in every if each["config"]["name"] == "scale")
        kind = "SlicingOpLambda" if "getitem" in function else "TFOpLambda"
        config = {"name": "scale", "trainable": True, "dtype": "float32"}
        config |= {"function": function}
        node = arguments or ["input", 0, 0, keywords]
        place.update(class_name=kind, config=config, inbound_nodes=[node])
        place.pop("module", None)

    return change


def with_place(folder: Path) -> Path:
    """A file whose layer ``scale`` does nothing, and may be put anew."""
    images = keras.Input(SHAPE, name="input")
    x = layers.Identity(name="scale")(images)
    x = layers.Rescaling(1 / 255)(layers.Conv2D(4, 3, name="conv")(x))
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    return saved(lively(keras.Model(images, x)), folder, ".h5")


def changed(path: Any, change: Callable[[Any], None]) -> Any:
    def edit(file: h5py.File) -> None:
        description = json.loads(file.attrs["model_config"])
        change(description)
        file.attrs["model_config"] = json.dumps(description)
        file.attrs["keras_version"] = "2.15.0"

    return change_model(path, edit)
