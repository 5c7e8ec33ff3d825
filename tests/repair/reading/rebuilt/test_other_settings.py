"""No setting is passed over that would change what a layer answers."""

from __future__ import annotations

import inspect

import pytest
from keras import layers

from repair.errors import ModelError
from repair.reading.rebuilt.layer_list import ALLOWED
from repair.reading.rebuilt.other_settings import (
    _ENDINGS,
    _WITHOUT_EFFECT,
    check_others,
)


def others(kind: str) -> set[str]:
    """Settings of a layer of the installed Keras that have to be as usual."""
    known = inspect.signature(getattr(layers, kind).__init__).parameters
    taken = {"self", "kwargs", *ALLOWED[kind], *_WITHOUT_EFFECT}
    return {key for key in known if key not in taken and not key.endswith(_ENDINGS)}


@pytest.mark.parametrize("kind", sorted(ALLOWED))
def test_what_is_not_listed_has_to_be_as_usual(kind):
    usual = inspect.signature(getattr(layers, kind).__init__).parameters
    for key in others(kind):
        check_others(kind, {key: usual[key].default}, ALLOWED[kind], "x")
        message = f"'x': setting '{key}' is not supported"
        if key == "quantization_config":
            message = "'x' is quantised"
        with pytest.raises(ModelError, match=message):
            check_others(kind, {key: ["other"]}, ALLOWED[kind], "x")


def test_settings_for_training_are_passed_over():
    config = {"kernel_regularizer": {"l2": 1.0}, "trainable": False, "newer": 1}
    check_others("Dense", config, ALLOWED["Dense"], "x")


@pytest.mark.parametrize("kind", ["QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy"])
def test_a_quantised_network_is_called_so(kind):
    """As ``model.quantize("int8")`` makes it."""
    policy = {"module": "keras", "class_name": kind, "config": {"mode": "int8"}}
    with pytest.raises(ModelError, match=r"'x' is quantised.*before model\.quantize"):
        check_others("Dense", {"dtype": policy}, ALLOWED["Dense"], "x")


def test_a_network_quantised_by_its_settings_is_called_so():
    """As ``model.quantize("int4")`` makes it."""
    config = {"dtype": "float32", "quantization_config": {"class_name": "Int4"}}
    with pytest.raises(ModelError, match=r"'x' is quantised.*before model\.quantize"):
        check_others("Dense", config, ALLOWED["Dense"], "x")
    check_others("Dense", {"quantization_config": None}, ALLOWED["Dense"], "x")
