"""Which loss an output was trained with, as files of any Keras say it."""

from __future__ import annotations

from typing import Any

import pytest

from repair.reading.stored.losses import is_of_one_label, loss_in, loss_of

AGE_AND_SEX = ["age", "sex"]


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
