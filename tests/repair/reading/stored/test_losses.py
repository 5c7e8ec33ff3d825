"""Which loss an output was trained with, as files of any Keras say it."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers, losses
from saved_networks import saved

from repair.errors import ModelError
from repair.reading.network_file import read_network
from repair.reading.stored.losses import is_of_one_label, loss_in, loss_of

AGE_AND_SEX = ["age", "sex"]


def function(name: Any) -> dict[str, Any]:
    """A function as ``.keras`` has it."""
    own = {"module": "builtins", "class_name": "function", "config": name}
    return {**own, "registered_name": "function"}


def wrapped(fn: Any) -> dict[str, Any]:
    return {"class_name": "LossFunctionWrapper", "config": {"fn": fn, "name": "x"}}


@pytest.mark.parametrize(
    ("said", "loss"),
    [
        ("mse", "mse"),
        ({"class_name": "MeanSquaredError", "config": {}}, "meansquarederror"),
        ({"age": "mse", "sex": "binary_crossentropy"}, "mse"),
        (["mse", "binary_crossentropy"], "mse"),
        ([{"class_name": "Huber"}, None], "huber"),
        ({"sex": "mse"}, ""),
        (["mse"], ""),
        (None, ""),
        (3, ""),
        ({"age": {"class_name": 3}}, ""),
        (function("mean_absolute_error"), "meanabsoluteerror"),
        ({"age": function("mean_squared_error"), "sex": "mae"}, "meansquarederror"),
        ([function("huber"), function("binary_crossentropy")], "huber"),
        (wrapped(function("log_cosh")), "logcosh"),
        (wrapped("mean_squared_error"), "meansquarederror"),
        (function(3), ""),
        (function(None), ""),
        (wrapped(None), ""),
        ({"class_name": "LossFunctionWrapper", "config": 3}, "lossfunctionwrapper"),
    ],
)
def test_loss_of_an_output(said, loss):
    assert loss_of(said, AGE_AND_SEX, "age") == loss


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("categorical_crossentropy", True),
        ({"class_name": "SparseCategoricalCrossentropy", "config": {}}, True),
        ({"age": "categorical_crossentropy", "sex": "mse"}, True),
        (["mse", "categorical_crossentropy"], False),
        (
            {
                "class_name": "CategoricalCrossentropy",
                "config": {"from_logits": True},
            },
            False,
        ),
        ({"class_name": "CategoricalCrossentropy", "config": 3}, True),
        (function("categorical_crossentropy"), True),
        (wrapped(function("sparse_categorical_crossentropy")), True),
        ({"age": function("categorical_crossentropy"), "sex": "mse"}, True),
        (function("binary_crossentropy"), False),
        ("binary_crossentropy", False),
        (None, False),
        (3, False),
    ],
)
def test_loss_of_labels_that_exclude_each_other(said, fits):
    assert is_of_one_label(said, AGE_AND_SEX, "age") == fits


@pytest.mark.parametrize("holder", [None, [], {}, {"compile_config": 3}])
def test_files_that_say_nothing(holder: Any):
    assert loss_of(loss_in(holder, "compile_config"), ["only"], "only") == ""


@pytest.mark.parametrize("ending", [".h5", ".keras"])
@pytest.mark.parametrize(
    ("activation", "units", "name", "refused"),
    [
        (None, 2, "mean_absolute_error", "trained to give numbers"),
        ("sigmoid", 3, "categorical_crossentropy", None),
        (None, 3, "binary_crossentropy", "3 sigmoids"),
    ],
)
def test_a_loss_is_the_same_by_name_and_as_a_function(
    tmp_path, ending, activation, units, name, refused
):
    images, last = keras.Input((4, 4, 1)), layers.Dense(units, activation=activation)
    network = keras.Model(images, last(layers.Flatten()(images)))
    for loss in (name, getattr(losses, name)):
        network.compile(loss=loss)
        path = saved(network, tmp_path, ending)
        if refused is None:
            assert read_network(path).output_shape == (None, units)
        else:
            with pytest.raises(ModelError, match=refused):
                read_network(path)


CLASSES = [
    *(losses.BinaryCrossentropy, losses.CategoricalCrossentropy, losses.Poisson),
    *(losses.MeanSquaredError, losses.SparseCategoricalCrossentropy, losses.LogCosh),
]


@pytest.mark.parametrize("kind", CLASSES)
def test_spellings_of_a_loss_agree(kind):
    loss, name = kind(), kind.__name__.lower()
    for said in (losses.serialize(loss), function(loss.fn.__name__), loss.name):
        assert loss_of(said, ["y"], "y") == name
