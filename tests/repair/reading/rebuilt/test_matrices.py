"""Products with constant matrices, as Keras 3 and TensorFlow write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from keras import ops
from saved_networks import assert_read_as_keras
from saved_operators import SHAPE, changed, network, tensorflow_operator, with_place

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network

TURN = np.array([[0.3, 0.1, 0.0], [0.6, -0.2, 0.5], [0.1, 0.7, 0.4]], "f4")
READ = {
    "matmul": lambda x: ops.matmul(x, TURN),
    "dot": lambda x: ops.dot(x, TURN[:, :2]),
    "of a sequence": lambda x: ops.matmul(
        ops.reshape(x, (-1, 40, 9)), np.eye(9)[:, :4]
    ),
}


@pytest.fixture
def path(tmp_path):
    return with_place(tmp_path)


@pytest.mark.parametrize("name", READ)
def test_product_answers_as_keras(tmp_path, name):
    assert_read_as_keras(network(READ[name]), tmp_path)


def test_tensordot_of_tensorflow(path):
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    expected = outputs(read_network(path), images @ TURN)
    change = tensorflow_operator("tensordot", [], b=TURN.tolist(), axes=[[3], [0]])
    found = outputs(read_network(changed(path, change)), images)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def node(kind: str, name: str, inputs: list[str], **constants: Any) -> dict[str, Any]:
    """A ``TensorFlowOpLayer``; constants by the place that they take."""
    said = {"name": name, "op": kind, "input": inputs, "attr": {}}
    config = {"name": name, "node_def": said}
    config["constants"] = {key[1:]: value for key, value in constants.items()}
    return {
        **{"class_name": "TensorFlowOpLayer", "config": config, "name": name},
        "inbound_nodes": [[[each, 0, 0, {}] for each in inputs]],
    }


def tensordot(rows: list[int], back: str = "free") -> list[dict[str, Any]]:
    """What TensorFlow 2.3 writes of ``tf.tensordot(x, TURN, [[3], [0]])``."""
    return [
        node("Shape", "shape", ["input"]),
        node("GatherV2", "free", ["shape"], _1=rows, _2=0),
        node("GatherV2", "bound", ["shape"], _1=[3], _2=0),
        node("Prod", "rows", ["free"], _1=[0]),
        node("Prod", "columns", ["bound"], _1=[0]),
        node("Pack", "matrix", ["rows", "columns"]),
        node("Reshape", "flat", ["input", "matrix"]),
        node("MatMul", "product", ["flat"], _1=TURN.tolist()),
        node("ConcatV2", "all", [back], _1=[3], _2=0),
        node("Reshape", "scale", ["product", "all"]),
    ]


def put(steps: list[dict[str, Any]]) -> Any:
    def change(description: Any) -> None:
        every = description["config"]["layers"]
        names = [each["config"]["name"] for each in every]
        every[names.index("scale") : names.index("scale") + 1] = steps

    return change


def test_all_places_of_all_images_in_one_matrix(path):
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    expected = outputs(read_network(path), images @ TURN)
    read = read_network(changed(path, put(tensordot([0, 1, 2]))))
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)


BEGUN = tensordot([0, 1, 2])


@pytest.mark.parametrize(
    "steps",
    [
        tensordot([0, 1]),  # rows that are no places
        tensordot([0, 1, 2], back="bound"),
        [*BEGUN[:6], node("Relu", "scale", ["matrix"])],
        [*BEGUN[:6], node("Mul", "scale", ["input", "rows"])],
        [*BEGUN[:7], node("Mean", "scale", ["flat"], _1=[0])],
        [*BEGUN[:7], node("Softmax", "scale", ["flat"])],
        [*BEGUN[:7], node("MatMul", "scale", ["flat"], _1=[[1.0], [float("nan")]])],
    ],
)
def test_what_would_mix_images_is_refused(path, steps):
    with pytest.raises(ModelError) as refusal:
        read_network(changed(path, put(steps)))
    assert "fault of this program" not in str(refusal.value)
