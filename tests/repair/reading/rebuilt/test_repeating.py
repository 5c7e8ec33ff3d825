"""Operators that put values elsewhere, or there several times; new axes; fixed batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from saved_networks import assert_read_as_keras, images_for, lively, saved
from saved_operators import SHAPE, changed, network, tensorflow_operator, with_place
from toys import change_model

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network

OPERATORS: dict[str, Callable[[Any], Any]] = {
    "repeat": lambda x: ops.repeat(x[..., :1], 3, axis=-1),
    "repeat of rows": lambda x: ops.repeat(x, 2, axis=1),
    "tile": lambda x: ops.tile(x, [1, 1, 2, 3]),
    "tile of the last axis": lambda x: ops.tile(x[..., :1], 3),
    "roll": lambda x: ops.roll(x, 2, axis=1),
    "roll of two axes": lambda x: ops.roll(x, (-3, 1), axis=(1, 2)),
    "pad of channels": lambda x: ops.pad(x, [[0, 0], [0, 1], [2, 0], [1, 2]]),
    "pad of a row": lambda x: ops.pad(ops.reshape(x, (-1, 360)), [[0, 0], [3, 5]]),
    "ones": lambda x: ops.concatenate([x, ops.ones_like(x[..., :1]) * 0.3], -1),
    "zeros": lambda x: ops.concatenate([ops.zeros_like(x), x], -1),
    "stack before rows": lambda x: ops.stack([x, 1 - x], axis=1),
    "stack between": lambda x: ops.stack([x, 1 - x, x], axis=-2),
    "stack of one": lambda x: ops.stack([x], axis=-1),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_answers_as_keras(tmp_path, name):
    assert_read_as_keras(network(OPERATORS[name]), tmp_path)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "repeat of images": lambda x: ops.repeat(x, 2, axis=0),
    "roll of images": lambda x: ops.roll(x, 1, axis=0),
    "roll of all values": lambda x: ops.roll(x, 1),
    "pad of images": lambda x: ops.pad(x, [[1, 0], [0, 0], [0, 0], [0, 0]]),
    "pad by reflection": lambda x: ops.pad(x, [[0, 0]] * 3 + [[1, 1]], mode="reflect"),
    "pad by ones": lambda x: ops.pad(x, [[0, 0]] * 3 + [[1, 1]], constant_values=1.0),
    "whole ones": lambda x: x + ops.cast(ops.ones_like(x, dtype="int32"), "float32"),
    "stack of images": lambda x: ops.stack([x, x], axis=0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_uses_are_refused(tmp_path, name):
    images = keras.Input(SHAPE)
    x = REFUSED[name](layers.Rescaling(1 / 255)(images))
    x = layers.Dense(4)(ops.reshape(x, (-1, 360)))
    path = saved(keras.Model(images, x), tmp_path, ".keras")
    with pytest.raises(ModelError, match="way that is not supported"):
        read_network(path)


@pytest.fixture
def path(tmp_path):
    return with_place(tmp_path)


FIRST = [0, 0, 0]
TENSORFLOW = {
    "roll": ({"shift": 5, "axis": 2}, lambda x: np.roll(x, 5, 2)),
    "tile": ({"multiples": [1, 1, 1, 1]}, lambda x: x),
    "pad": ({"paddings": [FIRST[:2]] * 4, "mode": "CONSTANT"}, lambda x: x),
    "repeat": ({"repeats": 1, "axis": 3}, lambda x: x),
    "zeros_like": ({}, np.zeros_like),
    "ones_like": ({"dtype": "float32"}, np.ones_like),
}


@pytest.mark.parametrize("function", TENSORFLOW)
def test_operator_of_tensorflow_answers_as_its_arithmetic(path, function):
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    keywords, arithmetic = TENSORFLOW[function]
    expected = outputs(read_network(path), arithmetic(images).astype("f4"))
    read = read_network(changed(path, tensorflow_operator(function, [], **keywords)))
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("function", "keywords"),
    [
        ("repeat", {"repeats": 1 << 20, "axis": -1}),
        ("repeat", {"repeats": 0, "axis": -1}),
        ("repeat", {"repeats": [1, 2, 3], "axis": -1}),
        ("repeat", {"repeats": 2}),
        ("repeat", {"repeats": 2, "axis": 9}),
        ("tile", {"multiples": [1, 5000, 5000, 20000]}),
        ("tile", {"multiples": [1, 5000, 5000, 1]}),
        ("tile", {"multiples": [2, 1, 1, 1]}),
        ("tile", {"multiples": [1, 1, 1, 1, 1]}),
        ("roll", {"shift": [1, 2], "axis": 1}),
        ("pad", {"paddings": [[0, 0], [0, 0], [0, 0], [0, 1 << 25]]}),
        ("pad", {"paddings": [[0, 0], [1 << 20, 0], [1 << 20, 0], [0, 0]]}),
        ("pad", {"paddings": [[0, 0], [0, 0], [0, 0], [-1, 0]]}),
        ("pad", {"paddings": [[0, 0], [0, 0], [0, 0], [1.5, 0]]}),
        ("pad", {"paddings": [[0, 0], [0, 0], [0, 0], 1]}),
        ("pad", {"paddings": [[0, 0], [0, 0], [0, 0], [True, 1]], "other": 1}),
        ("ones_like", {"dtype": "int64"}),
        ("image.grayscale_to_rgb", {}),
    ],
)
def test_what_is_too_large_or_odd_is_refused(path, function, keywords, monkeypatch):
    def apply(*_: Any) -> None:
        pytest.fail("was made before it was counted")

    monkeypatch.setattr("repair.network.operation.Operation.call", apply)
    monkeypatch.setattr(layers.ZeroPadding2D, "call", apply)
    with pytest.raises(ModelError):
        read_network(changed(path, tensorflow_operator(function, [], **keywords)))


def test_grey_to_rgb(tmp_path):
    images = keras.Input((12, 10, 1))
    x = layers.Identity(name="scale")(layers.Rescaling(1 / 255)(images))
    tripled = layers.Concatenate(name="tripled")([x, x, x])
    x = layers.Flatten()(layers.Conv2D(4, 3)(tripled))
    model = lively(keras.Model(images, layers.Dense(4, activation="softmax")(x)))
    path = saved(model, tmp_path, ".h5")
    expected = model.predict(images_for(model), verbose=0)

    def change(description: Any) -> None:
        every = description["config"]["layers"]
        place = next(each for each in every if each["config"]["name"] == "tripled")
        config = {"name": "tripled", "trainable": True, "dtype": "float32"}
        config |= {"function": "image.grayscale_to_rgb"}
        place.update(class_name="TFOpLambda", config=config)
        place.update(inbound_nodes=[["scale", 0, 0, {"name": None}]])
        place.pop("module", None)

    read = read_network(changed(path, change))
    np.testing.assert_allclose(
        outputs(read, images_for(model)), expected, rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("batch", [1, 6])
def test_shape_that_begins_with_the_fixed_number_of_images(tmp_path, batch):
    images = keras.Input(batch_shape=(batch, *SHAPE))
    x = ops.reshape(layers.Rescaling(1 / 255)(images), (batch, 10, 36))
    x = layers.Dense(4, activation="softmax")(ops.reshape(x, (batch, -1)))
    model = keras.Model(images, x)
    for variable in model.weights:
        variable.assign(np.random.default_rng(0).normal(0, 0.1, variable.shape))
    given = images_for(model, 6)
    expected = model.predict(given, batch_size=batch, verbose=0)
    read = read_network(saved(model, tmp_path, ".keras"))
    np.testing.assert_allclose(outputs(read, given), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [[5, 12, 10, 3], [6, 10, 3], [6, 24, 10, 3]])
def test_other_numbers_of_images_are_refused(tmp_path, path, shape):
    def change(description: Any) -> None:
        tensorflow_operator("reshape", [], shape=shape)(description)
        description["config"]["layers"][0]["config"]["batch_shape"][0] = 6

    with pytest.raises(ModelError):
        read_network(changed(path, change))


def augmented(*rest: Any) -> keras.Model:
    images = keras.Input(SHAPE)
    steps = [layers.RandomFlip(), layers.RandomRotation(0.2), *rest]
    x = layers.Pipeline(steps, name="augmented")(images)
    x = layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(x))
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    return lively(keras.Model(images, x))


def test_pipeline_of_augmentation_does_nothing(tmp_path):
    assert_read_as_keras(augmented(), tmp_path, (".h5", ".keras", ".weights.h5"))


def test_pipeline_of_other_layers_does_what_they_do(tmp_path):
    rest = (layers.Rescaling(0.5, 3), layers.CenterCrop(10, 8))
    assert_read_as_keras(augmented(*rest), tmp_path, (".h5", ".keras", ".weights.h5"))


def test_pipeline_that_holds_code_is_refused(tmp_path):
    path = saved(augmented(), tmp_path, ".h5")

    def change(file: Any) -> None:
        text = file.attrs["model_config"].replace('"RandomFlip"', '"Lambda"')
        file.attrs["model_config"] = text

    with pytest.raises(ModelError, match="Python code"):
        read_network(change_model(path, change))
