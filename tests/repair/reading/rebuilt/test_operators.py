"""Arithmetic between layers, as Keras 3 and tf.keras 2 write it."""

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
from repair.reading.network_file import read_network
from repair.reading.rebuilt.operators import sizes
from repair.reading.rebuilt.operators.operator_list import OPERATORS as LISTED

MEANS = np.array([103.939, 116.779, 123.68], "f4")
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "add": lambda x: x + 0.5,
    "add from the left": lambda x: 0.5 + x,
    "add of two": lambda x: x + ops.tanh(x),
    "subtract": lambda x: x - 0.5,
    "subtract from the left": lambda x: 1.0 - x,
    "subtract of channels": lambda x: x - MEANS / 255,
    "multiply": lambda x: 2.0 * x,
    "multiply of channels": lambda x: x * MEANS / 255,
    "multiply of two": lambda x: x * ops.tanh(x),
    "divide": lambda x: x / 0.7,
    "negative": lambda x: -x,
    "square": lambda x: ops.square(x) + x**2,
    "maximum": lambda x: ops.maximum(x, 0.4),
    "maximum of two": lambda x: ops.maximum(x, 1.0 - x),
    "minimum of two": lambda x: ops.minimum(x, 1.0 - x),
    "clip": lambda x: ops.clip(2.0 * x - 0.5, 0, 1),
    "leaky_relu": lambda x: ops.leaky_relu(x - 0.5, 0.3),
    "gelu of tanh": lambda x: ops.gelu(4 * x - 2),
    "gelu": lambda x: ops.gelu(4 * x - 2, approximate=False),
    "softmax": lambda x: ops.softmax(x),
    "hard_sigmoid": lambda x: ops.hard_sigmoid(6 * x - 3),
    "mean": lambda x: ops.mean(x, axis=(1, 2)),
    "mean that keeps axes": lambda x: ops.mean(x, axis=[-3, -2], keepdims=True),
    "max": lambda x: ops.max(x, axis=(1, 2)),
    "mean of a sequence": lambda x: ops.mean(ops.reshape(x, (-1, 40, 9)), axis=1),
    "reshape": lambda x: ops.reshape(x, (-1, 10, 36)),
    "transpose": lambda x: ops.transpose(x, (0, 2, 1, 3)),
    "concatenate": lambda x: ops.concatenate([x, 1 - x], axis=-1),
    "stack": lambda x: ops.stack([x[..., 2], x[..., 0]], axis=-1),
    "channels turned": lambda x: x[..., ::-1],
    "some channels": lambda x: x[..., 1:],
    "cast": lambda x: ops.cast(x, "float32") + 0.5,
    "places of open sides": lambda x: ops.mean(
        layers.EinsumDense("abcd,de->abce", (None, None, 4))(x)[:, 2:7, ::3], (1, 2)
    ),
    "some places": lambda x: x[:, 2:7, 1:-1],
    "first of a sequence": lambda x: ops.reshape(x, (-1, 40, 9))[:, 0],
    "expand and squeeze": lambda x: ops.squeeze(ops.expand_dims(x, 1), 1),
    "mean over channels": lambda x: ops.mean(x, axis=-1, keepdims=True),
    "sum": lambda x: ops.sum(x, axis=(1, 2)) / 50,
    "division of two": lambda x: x / (x + 1),
    "one over": lambda x: 3 / (x + 1),
    "cube and root": lambda x: x**3 + ops.sqrt(x) - ops.log(ops.abs(x) + 1),
    "unit length": lambda x: ops.normalize(x + 0.1, axis=-1),
    "minimum": lambda x: ops.minimum(ops.maximum(x, 0.3), MEANS / 200),
    "clip around zero": lambda x: ops.clip(x - 0.5, -0.2, 0.3),
    "constant of each place": lambda x: x * np.linspace(0, 1, 30).reshape(1, 1, 10, 3),
    "gate": lambda x: ops.multiply(*ops.split(ops.concatenate([x, 2 * x], -1), 2, -1)),
    "split at places": lambda x: ops.split(x, [2, 5], axis=1)[2],
    "attention": lambda x: ops.matmul(
        ops.softmax(ops.matmul(x, ops.swapaxes(x, 2, 3)) / 3.0), x
    ),
    "grey": lambda x: ops.image.rgb_to_grayscale(x),
    "patches": lambda x: ops.image.extract_patches(x, (4, 5)),
    "flip and take": lambda x: ops.take(ops.flip(x, axis=(2, 3)), 3, axis=1),
    "new axis": lambda x: x[:, 0][:, None],
    "pad": lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]]),
    "resize": lambda x: ops.image.resize(x, (7, 9), interpolation="nearest"),
    "preprocess_input of caffe": lambda x: (
        keras.applications.vgg16.preprocess_input(255 * x) / 100
    ),
    "preprocess_input of pm1": lambda x: keras.applications.mobilenet.preprocess_input(
        255 * x
    ),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_answers_as_keras(tmp_path, name):
    assert_read_as_keras(network(OPERATORS[name]), tmp_path)


REFUSED = {
    "mean over images": lambda x: x - ops.mean(x, axis=0, keepdims=True),
    "cumulative sum": lambda x: ops.cumsum(x, axis=1),
    "high power": lambda x: x**20,
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_operators_are_refused(tmp_path, name):
    path = saved(network(REFUSED[name]), tmp_path, ".keras")
    with pytest.raises(ModelError, match="not supported"):
        read_network(path)


def slice_of(start: int | None, stop: int | None) -> dict[str, int | None]:
    return {"start": start, "stop": stop, "step": None}


@pytest.fixture
def path(tmp_path):
    return with_place(tmp_path)


TURN = {"start": None, "stop": None, "step": -1}
TENSORFLOW = {
    "math.truediv": ({"y": 255.0, "name": None}, lambda x: x / 255),
    "math.subtract": ({"y": 127.5, "name": None}, lambda x: x - 127.5),
    "__operators__.add": ({"y": 1.0, "name": None}, lambda x: x + 1),
    "math.multiply": ({"y": [0.1, 0.2, 0.3]}, lambda x: x * np.array([0.1, 0.2, 0.3])),
    "nn.bias_add": (
        {"bias": [-103.9, -116.8, -123.7], "data_format": "NHWC"},
        lambda x: x - np.array([103.9, 116.8, 123.7]),
    ),
    "__operators__.getitem": (
        {"slice_spec": [{"class_name": "__ellipsis__"}, TURN]},
        lambda x: x[..., ::-1],
    ),
    "nn.relu6": ({}, lambda x: np.clip(x, 0, 6)),
    "reshape": ({"shape": [-1, 12, 10, 3]}, lambda x: x),
    "cast": ({"dtype": "float32"}, lambda x: x),
    "image.resize": ({"size": [12, 10], "method": "bilinear"}, lambda x: x),
    "image.per_image_standardization": (
        {},
        lambda x: (
            (x - x.mean((1, 2, 3), keepdims=True)) / x.std((1, 2, 3), keepdims=True)
        ),
    ),
}


@pytest.mark.parametrize("function", TENSORFLOW)
def test_operator_of_tensorflow_answers_as_its_arithmetic(path, function):
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    keywords, arithmetic = TENSORFLOW[function]
    expected = outputs(read_network(path), arithmetic(images).astype("f4"))
    network = read_network(changed(path, tensorflow_operator(function, [], **keywords)))
    np.testing.assert_allclose(outputs(network, images), expected, rtol=0, atol=1e-5)


def test_constant_first(path):
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    expected = outputs(read_network(path), 255 - images)
    node = ["_CONSTANT_VALUE", -1, 255.0, {"y": ["input", 0, 0], "name": None}]
    network = read_network(changed(path, tensorflow_operator("math.subtract", node)))
    np.testing.assert_allclose(outputs(network, images), expected, rtol=0, atol=1e-5)


# Steps that are put in place of the layer ``scale``: kind, name, what it is called with.
OF_SHAPES: dict[str, list[tuple[str, str, list[Any]]]] = {
    "number of images, then sizes": [
        ("compat.v1.shape", "s", ["input", 0, 0, {"out_type": "int32"}]),
        ("__operators__.getitem", "n", ["s", 0, 0, {"slice_spec": 0}]),
        ("reshape", "scale", ["input", 0, 0, {"shape": [["n", 0, 0], 12, 10, 3]}]),
    ],
    "another's shape": [
        ("shape", "s", ["input", 0, 0, {}]),
        ("reshape", "scale", ["input", 0, 0, {"shape": ["s", 0, 0]}]),
    ],
    "computed, stacked": [
        ("shape", "s", ["input", 0, 0, {}]),
        ("unstack", "u", ["s", 0, 0, {"num": 4}]),
        ("math.multiply", "m", ["u", 0, 1, {"y": ["u", 0, 2]}]),
        ("math.floordiv", "d", ["m", 0, 0, {"y": 10}]),
        ("stack", "k", [["u", 0, 0], ["d", 0, 0], ["u", 0, 2], ["u", 0, 3]]),
        ("reshape", "scale", ["input", 0, 0, {"shape": ["k", 0, 0]}]),
    ],
    "joined": [
        ("shape", "s", ["input", 0, 0, {}]),
        ("__operators__.getitem", "a", ["s", 0, 0, {"slice_spec": slice_of(None, 2)}]),
        ("__operators__.getitem", "b", ["s", 0, 0, {"slice_spec": slice_of(2, None)}]),
        ("concat", "k", [["a", 0, 0, {"axis": 0}], ["b", 0, 0, {"axis": 0}]]),
        ("reshape", "scale", ["input", 0, 0, {"shape": ["k", 0, 0]}]),
    ],
}


def steps_in_place(steps: list[tuple[str, str, list[Any]]]) -> Callable[[Any], None]:
    def change(description: Any) -> None:
        every = description["config"]["layers"]
        at = next(
            i for i, each in enumerate(every) if each["config"]["name"] == "scale"
        )
        every[at : at + 1] = [
            {
                "class_name": "SlicingOpLambda"
                if "getitem" in function
                else "TFOpLambda",
                "config": {"name": name, "trainable": True, "function": function},
                "inbound_nodes": [called],
                "name": name,
            }
            for function, name, called in steps
        ]

    return change


@pytest.mark.parametrize("name", OF_SHAPES)
def test_shapes_that_are_computed_from_a_shape(path, name):
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    expected = outputs(read_network(path), images)
    network = read_network(changed(path, steps_in_place(OF_SHAPES[name])))
    np.testing.assert_allclose(outputs(network, images), expected, rtol=0, atol=1e-5)


def test_sizes_that_are_joined_are_few(path, monkeypatch):
    joined = changed(path, steps_in_place(OF_SHAPES["joined"]))
    monkeypatch.setattr(sizes, "_MOST", 4)
    read_network(joined)
    monkeypatch.setattr(sizes, "_MOST", 3)
    with pytest.raises(ModelError):
        read_network(joined)


@pytest.mark.parametrize(
    "steps",
    [
        [  # images would be mixed
            ("shape", "s", ["input", 0, 0, {}]),
            ("math.reduce_prod", "p", ["s", 0, 0, {}]),
            ("reshape", "scale", ["input", 0, 0, {"shape": [["p", 0, 0]]}]),
        ],
        [
            ("shape", "s", ["input", 0, 0, {}]),
            ("__operators__.getitem", "n", ["s", 0, 0, {"slice_spec": 0}]),
            ("reshape", "scale", ["input", 0, 0, {"shape": [12, ["n", 0, 0], 10, 3]}]),
        ],
        [
            ("shape", "s", ["input", 0, 0, {}]),
            ("__operators__.getitem", "n", ["s", 0, 0, {"slice_spec": 0}]),
            ("math.truediv", "scale", ["input", 0, 0, {"y": ["n", 0, 0]}]),
        ],
        [("shape", "scale", ["input", 0, 0, {}])],  # no image
        [  # too large
            ("shape", "s", ["input", 0, 0, {}]),
            ("__operators__.getitem", "a", ["s", 0, 0, {"slice_spec": 1}]),
            ("math.multiply", "m", ["a", 0, 0, {"y": 1 << 39}]),
            ("reshape", "scale", ["input", 0, 0, {"shape": [-1, ["m", 0, 0]]}]),
        ],
        [
            ("shape", "s", ["input", 0, 0, {}]),
            ("__operators__.getitem", "scale", ["s", 0, 0, {"slice_spec": 9}]),
        ],
        [  # as long as 4 * 2**40
            ("shape", "k0", ["input", 0, 0, {}]),
            *(
                ("concat", f"k{i + 1}", [[f"k{i}", 0, 0, {"axis": 0}]] * 2)
                for i in range(40)
            ),
            ("reshape", "scale", ["input", 0, 0, {"shape": ["k40", 0, 0]}]),
        ],
        [("reshape", "scale", ["input", 0, 0, {"shape": [["gone", 0, 0], 12]}])],
        [
            ("shape", "s", ["input", 0, 0, {}]),
            ("math.floordiv", "scale", ["s", 0, 0, {"y": 0}]),
        ],
    ],
)
def test_shapes_that_can_not_be_known_are_refused(path, steps):
    with pytest.raises(ModelError) as refusal:
        read_network(changed(path, steps_in_place(steps)))
    assert "fault of this program" not in str(refusal.value)


ONES = {"1": [0, 0], "2": [0, 0], "3": [1, -1]}
NODES: dict[str, tuple[Any, Any, Callable[[Any], Any]]] = {
    "RealDiv": ({}, {"1": 255.0}, lambda x: x / 255),
    "Sub": ({}, {"0": 255.0}, lambda x: 255 - x),
    "BiasAdd": (
        {"data_format": {"s": "TkhXQw=="}},
        {"1": [-103.9, -116.8, -123.7]},
        lambda x: x - np.array([103.9, 116.8, 123.7]),
    ),
    "StridedSlice": (
        {"end_mask": {"i": "2"}, "ellipsis_mask": {"i": "1"}, "begin_mask": {"i": "2"}},
        ONES,
        lambda x: x[..., ::-1],
    ),
    "Cast": ({"DstT": {"type": "DT_FLOAT"}}, {}, lambda x: x),
    "Relu6": ({}, {}, lambda x: np.clip(x, 0, 6)),
    "Reshape": ({}, {"1": [-1, 12, 10, 3]}, lambda x: x),
    "ResizeBilinear": (
        {"half_pixel_centers": {"b": True}},
        {"1": [12, 10]},
        lambda x: x,
    ),
    "MaxPool": (
        {
            **{
                key: {"list": {"i": ["1", "1", "1", "1"]}}
                for key in ("ksize", "strides")
            },
            "padding": {"s": "VkFMSUQ="},
        },
        {},
        lambda x: x,
    ),
}


def node(kind: str, attributes: Any, constants: Any) -> Callable[[Any], None]:
    """Puts a ``TensorFlowOpLayer``, as TensorFlow 2.3 writes it, in place of ``scale``."""

    def change(description: Any) -> None:
        every = description["config"]["layers"]
        place = next(each for each in every if each["config"]["name"] == "scale")
        said = {"name": kind, "op": kind, "input": ["x", "y"], "attr": attributes}
        config = {"name": kind, "node_def": said, "constants": constants}
        place.update(class_name="TensorFlowOpLayer", config=config, name="scale")
        place["inbound_nodes"] = [[["input", 0, 0, {}]]]
        place.pop("module", None)

    return change


@pytest.mark.parametrize("kind", NODES)
def test_node_of_tensorflow_answers_as_its_arithmetic(path, kind):
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    attributes, constants, arithmetic = NODES[kind]
    expected = outputs(read_network(path), arithmetic(images).astype("f4"))
    network = read_network(changed(path, node(kind, attributes, constants)))
    np.testing.assert_allclose(outputs(network, images), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "attributes", "constants"),
    [
        ("ReadFile", {}, {}),
        ("PyFunc", {"token": {"s": "cHlmdW5j"}}, {}),
        ("RealDiv", {}, {"9": 1.0}),
        ("RealDiv", {}, {"x": 1.0}),
        ("RealDiv", {}, 7),
        ("StridedSlice", {"begin_mask": {"i": "9" * 99}}, {"1": [0], "2": 7, "3": [1]}),
        ("StridedSlice", {}, {"1": [0], "2": [7], "3": [0]}),
        ("Reshape", {}, {"1": ["a"]}),
        ("MaxPool", {"padding": {"s": "\x00"}, "ksize": 7}, {}),
        ("Split", {"num_split": {"i": "9" * 11}}, {"0": 0}),
        (["a"], None, {}),
    ],
)
def test_other_nodes_are_refused(path, kind, attributes, constants):
    with pytest.raises(ModelError) as refusal:
        read_network(changed(path, node(kind, attributes, constants)))
    assert "fault of this program" not in str(refusal.value)


@pytest.mark.parametrize(
    "function", ["io.read_file", "py_function", "numpy_function", "os.system", "", None]
)
def test_other_functions_are_refused(path, function):
    change = tensorflow_operator(function or "", [], filename="x")
    with pytest.raises(ModelError, match="not supported") as refusal:
        read_network(changed(path, change))
    assert "truediv" in str(refusal.value)


def test_every_operator_is_spelled_as_it_is_looked_up():
    assert all(name == name.lower().replace("_", "") for name in LISTED)
