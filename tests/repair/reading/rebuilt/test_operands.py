"""Whatever an operator is called with is used as it means, or refused; never passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from saved_networks import assert_read_as_keras, saved
from saved_operators import SHAPE, changed, network, tensorflow_operator, with_place

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.described.parts import Part
from repair.reading.network_file import read_network
from repair.reading.rebuilt.operators.operator_list import OPERATORS
from repair.reading.rebuilt.operators.table import operator_applied
from repair.reading.rebuilt.operators.use import Use

NUMBERS: dict[str, Callable[[Any], Any]] = {
    "elu": lambda x: ops.elu(4 * x - 2, alpha=0.3),
    "elu, an activation": lambda x: keras.activations.elu(4 * x - 2, alpha=0.2),
    "celu": lambda x: ops.celu(4 * x - 2, alpha=2),
    "squareplus": lambda x: ops.squareplus(4 * x - 2, b=1),
    "take of several": lambda x: ops.take(x, [2, -3], axis=-1),
    "normalize": lambda x: ops.normalize(x + 0.1, axis=-1, epsilon=1e-8),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_number_of_an_operator_is_used(tmp_path, name):
    assert_read_as_keras(network(NUMBERS[name]), tmp_path)


OTHERS: dict[str, Callable[[Any], Any]] = {
    "whole numbers": lambda x: ops.cast(ops.cast(9 * x, "int32"), "float32"),
    "another norm": lambda x: ops.normalize(x + 0.1, order=1),
    "a long shortest": lambda x: ops.normalize(x, epsilon=2.0),
    "no less than": lambda x: ops.max(x, axis=(1, 2), initial=0.5),
}


@pytest.mark.parametrize("name", OTHERS)
def test_number_that_can_not_be_used_is_refused(tmp_path, name):
    path = saved(network(OTHERS[name]), tmp_path, ".keras")
    with pytest.raises(ModelError, match="not supported"):
        read_network(path)


@pytest.fixture
def path(tmp_path):
    return with_place(tmp_path)


@pytest.mark.parametrize("function", ["nn.silu", "nn.swish"])
def test_beta_of_tensorflow(path, function):
    images = np.random.default_rng(0).uniform(-2, 2, (9, *SHAPE)).astype("f4")
    swished = images / (1 + np.exp(-2 * images))
    expected = outputs(read_network(path), swished)
    read = read_network(changed(path, tensorflow_operator(function, [], beta=2.0)))
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("function", "keywords"),
    [
        ("cast", {"dtype": "int32"}),
        ("nn.dropout", {"rate": 0.5}),  # which drops at inference, too
        ("gather", {"indices": [2, 0], "axis": -1, "batch_dims": 1}),
        ("gather", {"indices": [2, 3], "axis": -1}),
        ("compat.v1.image.resize", {"size": [12, 10], "align_corners": False}),
        ("math.l2_normalize", {"axis": -1, "epsilon": 0.5}),
    ],
)
def test_setting_of_tensorflow_that_means_something_else_is_refused(
    path, function, keywords
):
    change = tensorflow_operator(function, [], **keywords)
    with pytest.raises(ModelError, match="not supported"):
        read_network(changed(path, change))


def applied(name: str, values: list[Any], settings: dict[str, Any]) -> Any:
    def apply(layer: keras.Layer, *tensors: Any) -> Any:
        return layer(list(tensors) if len(tensors) > 1 else tensors[0])

    part = Part("x", "TFOpLambda", "", {"function": name})
    return operator_applied(part, Use(values, settings, "x", apply))


# What operators need besides one tensor, so that they would answer.
NEEDED = {
    "clip": {"x_min": 0.0, "x_max": 1.0},
    "clipbyvalue": {"x_min": 0.0, "x_max": 1.0},
    "gather": {"indices": 1},
    "take": {"indices": 1},
    "pow": {"y": 2},
    "power": {"y": 2},
    "reshape": {"shape": [-1, 32]},
    "getitem": {"key": [..., 0]},
    "stridedslice": {"key": [..., 0]},
    "extractpatches": {"size": [2, 2]},
    "imageresize": {"size": [2, 2]},
    "pad": {"pad_width": [[0, 0], [1, 1], [1, 1], [0, 0]]},
    "split": {"num_or_size_splits": 2},
    "permute": {"perm": [0, 2, 1, 3]},
    "transpose": {"perm": [0, 2, 1, 3]},
    "tensordot": {"b": [[1.0]] * 2, "axes": 1},
    "swapaxes": {"axis1": 1, "axis2": 2},
}
WITH_AXIS = ("flip", "reverse", "max", "mean", "min", "sum", "std", "softmax")


@pytest.mark.parametrize("name", OPERATORS)
def test_nothing_that_is_said_is_passed_over(name):
    images = keras.Input((4, 4, 2))
    needed = dict(NEEDED.get(name.replace(".", ""), {}))
    if name.endswith(WITH_AXIS) or name in ("gather", "take", "split", "reversev2"):
        needed["axis"] = -1
    if name in ("avgpool2d", "maxpool2d", "avgpool", "maxpool", "averagepool"):
        needed["pool_size"] = 2
    if name in ("spacetodepth", "depthtospace"):
        needed["block_size"] = 2
    with pytest.raises(ModelError):
        applied(name, [images], {**needed, "surprise": 0.5})
    with pytest.raises(ModelError):
        applied(name, [images, *[0.5] * 9], {})


@pytest.mark.parametrize(
    "settings", [{"name": "x"}, {"training": None}, {"antialias": False}]
)
def test_what_says_nothing_is_no_obstacle(settings):
    images = keras.Input((4, 4, 2))
    assert applied("nn.relu", [images], settings).shape == images.shape


FIRST = {"data_format": "channels_first"}
TURNED: dict[str, Callable[[Any], Any]] = {
    "max_pool": lambda x: ops.max_pool(x, 3, 1, "same", **FIRST),
    "average_pool": lambda x: ops.average_pool(x, 3, 1, "same", **FIRST),
    "max_pool of 2": lambda x: ops.max_pool(x, 2, **FIRST),
    "resize": lambda x: ops.image.resize(x, (7, 9), **FIRST),
    "patches": lambda x: ops.image.extract_patches(x, (4, 5), **FIRST),
    "grey": lambda x: ops.image.rgb_to_grayscale(x, **FIRST),
}
if hasattr(ops, "space_to_depth"):
    TURNED["space_to_depth"] = lambda x: ops.space_to_depth(x, 2, **FIRST)
    TURNED["depth_to_space"] = lambda x: ops.depth_to_space(
        ops.concatenate([x, x * x, x + 1, ops.tanh(x)], 1), 2, **FIRST
    )


@pytest.mark.parametrize("name", TURNED)
def test_channels_first_of_an_operator(tmp_path, name):
    def operate(x: Any) -> Any:
        return TURNED[name](layers.Permute((3, 1, 2))(x))

    assert_read_as_keras(network(operate), tmp_path)


@pytest.mark.parametrize("order", ["NCHW_VECT_C", 7, "channels_middle"])
def test_other_orders_of_axes_are_refused(order):
    images = keras.Input((4, 4, 2))
    with pytest.raises(ModelError, match="not supported"):
        applied("nn.max_pool2d", [images], {"ksize": 2, "data_format": order})
