"""A network whose settings fit no tensor is refused when it is read, not when it answers."""

from __future__ import annotations

import json
from typing import Any

import h5py
import keras
import pytest
from keras import layers, ops
from saved_networks import lively, saved
from saved_operators import changed as described
from saved_operators import network, tensorflow_operator, with_place
from toys import change_model

from repair.errors import ModelError
from repair.network.trial import check_answer
from repair.reading.network_file import read_network

SHAPE = (8, 8, 3)


def changed(path: Any, kind: str, settings: dict[str, Any]) -> Any:
    """A file whose layer ``scale`` is another one."""

    def edit(file: h5py.File) -> None:
        description = json.loads(file.attrs["model_config"])
        every = description["config"]["layers"]
        place = next(each for each in every if each["config"]["name"] == "scale")
        place.update(class_name=kind, registered_name=None)
        place["config"] = {"name": "scale", "trainable": True, **settings}
        file.attrs["model_config"] = json.dumps(description)

    return change_model(path, edit)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("Softmax", {"axis": [1, 1]}),
        ("Softmax", {"axis": [1, -3]}),
        ("Softmax", {"axis": []}),
        ("Rescaling", {"scale": [1.0] * 7}),
        ("Rescaling", {"scale": 1.0, "offset": [0.5] * 60_000}),
        ("Rescaling", {"scale": [[[[[1.0]]]]]}),
        ("Rescaling", {"scale": [[1.0], [1.0, 2.0]]}),
        ("Rescaling", {"scale": []}),
        ("Rescaling", {"scale": [[[[1.0]]], [[[0.0]]]]}),
        ("Normalization", {"axis": -1, "mean": [1.0, 2.0], "variance": [1.0, 1.0]}),
    ],
)
def test_settings_that_fit_no_image_are_refused(tmp_path, kind, settings):
    path = changed(with_place(tmp_path), kind, settings)
    with pytest.raises(ModelError, match="setting of a layer") as refusal:
        read_network(path)
    assert str(refusal.value).isprintable()
    assert "fault of this program" not in str(refusal.value)


@pytest.mark.parametrize("constant", [[0.5] * 5, [[0.5] * 3] * 7])
def test_constants_that_fit_no_image_are_refused(tmp_path, constant):
    change = tensorflow_operator("math.multiply", [], y=constant)
    with pytest.raises(ModelError, match="setting of a layer"):
        read_network(described(with_place(tmp_path), change))


def test_an_image_that_is_answered_is_no_obstacle():
    images = keras.Input(SHAPE)
    check_answer(images, layers.Dense(2)(layers.Flatten()(images)))


@pytest.mark.parametrize(
    ("function", "keywords"),
    [
        ("transpose", {"perm": [0, 1, 1, 1]}),
        ("transpose", {"perm": [0, -1, 1, 2]}),
        ("gather", {"indices": -99, "axis": 1}),
        ("swapaxes", {"axis1": 9, "axis2": -9}),
        ("nn.relu", {"max_value": -5}),
        (
            "__operators__.getitem",
            {"slice_spec": [{"start": 0, "stop": None, "step": None}, 10**20]},
        ),
    ],
)
def test_numbers_that_fit_no_tensor_are_no_fault_of_this_program(
    tmp_path, function, keywords
):
    change = tensorflow_operator(function, [], **keywords)
    with pytest.raises(ModelError, match="not supported") as refusal:
        read_network(described(with_place(tmp_path), change))
    assert "fault of this program" not in str(refusal.value)


def test_a_chain_of_too_many_layers_is_called_so(tmp_path, monkeypatch):
    def deep(*_: Any) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    path = saved(lively(network(ops.tanh)), tmp_path, ".h5")
    monkeypatch.setattr("repair.reading.network_file.fill", deep)
    with pytest.raises(ModelError, match="too many layers behind one another"):
        read_network(path)
