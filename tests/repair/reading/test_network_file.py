"""Network files: legitimate ones answer as in Keras, all others are refused unrun."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers
from toys import SHAPE, change_model, random_weights, save_network, toy_network

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.deepid import INPUT_SHAPE, LAYERS_WITH_WEIGHTS, deepid
from repair.reading.network_file import network_from, read_network
from repair.reading.stored.network_source import Source

IMAGES = np.random.default_rng(0).normal(0, 1, (30, *SHAPE)).astype(np.float32)


@keras.saving.register_keras_serializable(package="hostile")
class Tracer(layers.Layer):
    """Leaves a trace when it is made or called."""

    made = 0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        Tracer.made += 1

    def call(self, x: Any) -> Any:
        return x


@pytest.fixture(autouse=True)
def _weights_as_always() -> None:
    keras.utils.set_random_seed(0)


def saved(network: keras.Model, folder: Path) -> Path:
    return save_network(network, folder / "network.h5")


def refuse(path: Path, message: str) -> None:
    with pytest.raises(ModelError, match=message) as refusal:
        read_network(path)
    line = str(refusal.value)
    assert "\n" not in line
    assert str(path) in line
    assert len(line) < 1500


def assert_same_answers(ours: keras.Model, theirs: keras.Model) -> None:
    expected = theirs.predict(IMAGES, verbose=0)
    np.testing.assert_allclose(outputs(ours, IMAGES), expected, rtol=1e-4, atol=1e-6)
    assert len(set(np.argmax(expected, axis=1))) > 1


def set_description(path: Path, description: Any) -> Path:
    text = description if isinstance(description, str) else json.dumps(description)
    return change_model(path, lambda file: file.attrs.modify("model_config", text))


def description_of(path: Path) -> Any:
    with h5py.File(path) as file:
        return json.loads(file.attrs["model_config"])


def branching(images: Any) -> Any:
    """Every layer that may stand in a network, on two branches."""
    x = layers.ZeroPadding2D(((1, 0), (0, 1)))(images)
    x = layers.Conv2D(4, (3, 2), strides=2, padding="same", activation="tanh")(x)
    x = layers.BatchNormalization(epsilon=0.01)(x)
    x = layers.ReLU(max_value=2.0, negative_slope=0.1)(x)
    left = layers.DepthwiseConv2D(2, depth_multiplier=2, activation="elu")(x)
    left = layers.AveragePooling2D(2)(layers.Dropout(0.5)(left))
    left = layers.Flatten()(left)
    right = layers.Conv2D(8, 2, dilation_rate=2, use_bias=False)(x)
    most = layers.GlobalMaxPooling2D()(right)
    right = layers.GlobalAveragePooling2D()(layers.Activation("sigmoid")(right))
    right = layers.Add()([right, most, right])
    x = layers.Concatenate()([left, right])
    return layers.Softmax()(layers.Dense(5)(x))


def test_functional_file_answers_as_keras(tmp_path):
    path = saved(random_weights(toy_network(normalised=True)), tmp_path)
    assert_same_answers(
        read_network(path), keras.models.load_model(path, compile=False)
    )


def test_every_allowed_layer_answers_as_keras(tmp_path):
    images = keras.Input(SHAPE)
    path = saved(random_weights(keras.Model(images, branching(images))), tmp_path)
    assert_same_answers(
        read_network(path), keras.models.load_model(path, compile=False)
    )


@pytest.mark.parametrize("compiled", [False, True])
def test_sequential_file_answers_as_keras(tmp_path, compiled):
    whole = toy_network(normalised=True)
    network = keras.Sequential([keras.Input(SHAPE), *whole.layers[1:]])
    if compiled:
        network.compile("adam", "sparse_categorical_crossentropy")
        network.train_on_batch(IMAGES, np.zeros(30))
    path = saved(random_weights(network), tmp_path)
    assert_same_answers(
        read_network(path), keras.models.load_model(path, compile=False)
    )


def test_network_of_any_size_takes_the_size_that_it_is_told(path):
    expected = outputs(read_network(path), IMAGES)
    description = description_of(path)
    setting("input", batch_shape=[None, None, None, 3])(description)
    set_description(path, description)
    network = read_network(path, image_shape=SHAPE)
    np.testing.assert_array_equal(outputs(network, IMAGES), expected)


def test_one_of_several_outputs_is_named(path):
    expected = outputs(read_network(path), IMAGES)
    description = description_of(path)
    both = [["output", 0, 0], ["fc_1", 0, 0]]
    description["config"]["output_layers"] = both
    set_description(path, description)
    network = read_network(path, output="output")
    np.testing.assert_array_equal(outputs(network, IMAGES), expected)


def test_weights_beside_their_architecture(tmp_path):
    network = random_weights(toy_network())
    architecture = tmp_path / "model.json"
    architecture.write_text(network.to_json())
    path = weights_only(network, tmp_path / "weights.h5", "old")
    assert_same_answers(read_network(path, architecture=architecture), network)


def test_network_is_uncompiled_and_named_as_in_the_file(tmp_path):
    network = read_network(saved(toy_network(), tmp_path))
    assert network.input_shape == (None, *SHAPE)
    assert network.output_shape == (None, 5)
    assert not network.compiled
    names = ["input", "conv_1", "pool_1", "conv_3", "flatten_1", "fc_1", "output"]
    assert [layer.name for layer in network.layers] == names


def keras_2_description() -> dict[str, Any]:
    """As Keras 2.2.4 wrote it: nested lists, and settings that Keras 3 knows no more."""

    def layer(kind: str, name: str, before: list[str], **config: Any) -> dict[str, Any]:
        config |= {"name": name, "trainable": True}
        nodes = [[[other, 0, 0, {}] for other in before]] if before else []
        return {
            "name": name,
            "class_name": kind,
            "config": config,
            "inbound_nodes": nodes,
        }

    odd = {
        "kernel_initializer": {
            "class_name": "VarianceScaling",
            "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"},
        },
        "kernel_regularizer": None,
        "activity_regularizer": None,
    }
    valid = {"padding": "valid", "data_format": "channels_last"}
    return {
        "class_name": "Model",
        "config": {
            "name": "model_1",
            "layers": [
                layer(
                    "InputLayer",
                    "input",
                    [],
                    batch_input_shape=[None, *SHAPE],
                    dtype="float32",
                    sparse=False,
                ),
                # Later layers first: the order of the list means nothing.
                layer(
                    "Dense",
                    "output",
                    ["sum"],
                    units=5,
                    activation="softmax",
                    use_bias=True,
                    **odd,
                ),
                layer("Add", "sum", ["fc_1", "fc_2"]),
                layer("Dense", "fc_1", ["flat"], units=7, activation="linear", **odd),
                layer("Dense", "fc_2", ["flat"], units=7, activation="relu", **odd),
                layer("Flatten", "flat", ["pool"], data_format="channels_last"),
                layer(
                    "MaxPooling2D",
                    "pool",
                    ["conv"],
                    pool_size=[2, 2],
                    strides=[2, 2],
                    **valid,
                ),
                layer(
                    "Conv2D",
                    "conv",
                    ["input"],
                    filters=4,
                    kernel_size=[3, 3],
                    strides=[1, 1],
                    dilation_rate=[1, 1],
                    activation="relu",
                    use_bias=True,
                    **valid,
                    **odd,
                ),
            ],
            "input_layers": [["input", 0, 0]],
            "output_layers": [["output", 0, 0]],
        },
    }


def write_keras_2(path: Path, weights: dict[str, list[np.ndarray]]) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.2.4"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(keras_2_description()).encode()
        write_listed(file.create_group("model_weights"), weights)
    return path


def write_listed(group: h5py.Group, weights: dict[str, list[np.ndarray]]) -> None:
    group.attrs["layer_names"] = [name.encode() for name in weights]
    for name, arrays in weights.items():
        names = [f"{name}/{kind}:0" for kind in ("kernel", "bias")][: len(arrays)]
        group.create_group(name).attrs["weight_names"] = np.array(names, "S")
        for weight, array in zip(names, arrays, strict=True):
            group[name][weight] = array


def test_keras_2_file_answers_as_its_arithmetic(tmp_path):
    rng = np.random.default_rng(1)
    shapes = {
        "input": [],
        "conv": [(3, 3, 3, 4), (4,)],
        "pool": [],
        "flat": [],
        "fc_1": [(80, 7), (7,)],
        "fc_2": [(80, 7), (7,)],
        "sum": [],
        "output": [(7, 5), (5,)],
    }
    weights = {
        name: [rng.normal(0, 0.5, shape).astype("f4") for shape in each]
        for name, each in shapes.items()
    }
    network = read_network(write_keras_2(tmp_path / "old.h5", weights))
    kernel, bias = weights["conv"]
    windows = np.lib.stride_tricks.sliding_window_view(IMAGES, (3, 3), axis=(1, 2))
    x = np.einsum("nxycij,ijcf->nxyf", windows, kernel) + bias
    x = np.maximum(x, 0).reshape(30, 5, 2, 4, 2, 4).max(axis=(2, 4)).reshape(30, 80)
    linear = x @ weights["fc_1"][0] + weights["fc_1"][1]
    rectified = np.maximum(x @ weights["fc_2"][0] + weights["fc_2"][1], 0)
    scores = (linear + rectified) @ weights["output"][0] + weights["output"][1]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs(network, IMAGES), shares, rtol=1e-3, atol=1e-5)


@pytest.fixture(scope="module")
def seven_people() -> keras.Model:
    return random_weights(deepid(7))


def weights_only(network: keras.Model, path: Path, layout: str) -> Path:
    if layout == "new":
        return save_network(network, path.with_name("network.weights.h5"))
    with h5py.File(path, "w") as file:
        weights = {layer.name: layer.get_weights() for layer in network.layers}
        write_listed(file, weights)
    return path


@pytest.mark.parametrize("layout", ["old", "new"])
def test_weights_of_deepid_tell_the_number_of_people(tmp_path, seven_people, layout):
    path = weights_only(seven_people, tmp_path / "weights.h5", layout)
    network = read_network(path)
    assert network.output_shape == (None, 7)
    images = np.random.default_rng(0).normal(0, 1, (4, *INPUT_SHAPE))
    expected = outputs(seven_people, images)
    np.testing.assert_array_equal(outputs(network, images), expected)


def test_weights_of_another_network_are_refused(tmp_path):
    path = weights_only(toy_network(), tmp_path / "weights.h5", "old")
    refuse(path, "DeepID")
    images = keras.Input((8, 8, 3), name="seen")
    one = layers.Dense(3, activation="softmax")(layers.Flatten()(images))
    path = weights_only(keras.Model(images, one), tmp_path / "more.h5", "new")
    refuse(path, "Received layers: dense, flatten")


@pytest.fixture
def deepid_file(tmp_path, seven_people) -> Path:
    return weights_only(seven_people, tmp_path / "weights.h5", "old")


def replace_weight(path: Path, name: str, values: Any) -> Path:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(
            name, data=values, compression=9 if np.ndim(values) else None
        )

    return change_model(path, change)


@pytest.mark.parametrize("layer", LAYERS_WITH_WEIGHTS)
def test_deepid_with_wrong_shapes_is_refused(deepid_file, layer):
    replace_weight(deepid_file, f"{layer}/{layer}/kernel:0", np.ones((2, 3)))
    refuse(deepid_file, "shapes")


def test_deepid_with_a_scalar_bias_is_refused(deepid_file):
    replace_weight(deepid_file, "output/output/bias:0", 1.0)
    refuse(deepid_file, "weights")


def test_deepid_with_more_people_than_its_kernel_takes_no_memory(
    deepid_file, monkeypatch
):
    build = keras.layers.Dense.build

    def count(layer: keras.layers.Dense, shape: Any) -> None:
        if layer.units > 10_000:
            pytest.fail(f"made an output of {layer.units:,} people")
        build(layer, shape)

    monkeypatch.setattr(keras.layers.Dense, "build", count)
    replace_weight(deepid_file, "output/output/bias:0", np.zeros(40_000_000, "f4"))
    refuse(deepid_file, "output")


# Hostile and broken full models: what is changed in a fine file, and what is said.


@pytest.fixture(scope="module")
def fine_file(tmp_path_factory) -> Path:
    return saved(random_weights(toy_network()), tmp_path_factory.mktemp("fine"))


@pytest.fixture
def path(tmp_path, fine_file) -> Path:
    copied = tmp_path / "network.h5"
    copied.write_bytes(fine_file.read_bytes())
    return copied


def entry(description: Any, name: str) -> Any:
    layers_ = description["config"]["layers"]
    return next(each for each in layers_ if each["config"]["name"] == name)


def into_class(name: str) -> Callable[[Any], None]:
    return lambda d: entry(d, "pool_1").update(class_name=name)


def setting(layer: str, **values: Any) -> Callable[[Any], None]:
    return lambda d: entry(d, layer)["config"].update(values)


def inputs_from(layer: str, other: str) -> Callable[[Any], None]:
    def change(description: Any) -> None:
        node = entry(description, layer)["inbound_nodes"][0]
        node["args"][0]["config"]["keras_history"][0] = other

    return change


def renamed(name: str) -> Callable[[Any], None]:
    def change(description: Any) -> None:
        entry(description, "pool_1")["config"]["name"] = name
        inputs_from("conv_3", name)(description)

    return change


BAD_DESCRIPTIONS = {
    "lambda": (into_class("Lambda"), "not supported"),
    "unknown class": (into_class("Rm"), "not supported"),
    "dunder class": (into_class("__class__"), "not supported"),
    "custom": (into_class("hostile>Tracer"), "not supported"),
    "nested model of nothing": (into_class("Functional"), "'layers' of model"),
    "cycle": (inputs_from("conv_1", "fc_1"), "cycle"),
    "missing input": (inputs_from("conv_1", "nowhere"), "cycle, or names a layer"),
    "two outputs": (
        lambda d: d["config"].update(output_layers=[["output", 0, 0], ["fc_1", 0, 0]]),
        "one output",
    ),
    "output is a feature map": (
        lambda d: d["config"].update(output_layers=["conv_1", 0, 0]),
        "classifier",
    ),
    "output missing": (
        lambda d: d["config"].update(output_layers=["nowhere", 0, 0]),
        "names a layer it lacks",
    ),
    "no output": (lambda d: d["config"].update(output_layers=[]), "output_layers"),
    "huge units": (setting("fc_1", units=1 << 40), "units"),
    "wide units": (setting("fc_1", units=60_000), "declares"),
    "huge filters": (setting("conv_1", filters=65_536), "declares"),
    "negative units": (setting("fc_1", units=-1), "unusable|kernel"),
    "infinite units": (setting("fc_1", units=float("inf")), "Received"),
    "zero strides": (setting("conv_1", strides=[0, 0]), "unusable|ValueError"),
    "channels first": (
        setting("conv_1", data_format="channels_first"),
        "declares|weights of shapes",
    ),
    "code as activation": (setting("fc_1", activation="os.system"), "activation"),
    "object as activation": (
        setting("fc_1", activation={"class_name": "function", "config": "eval"}),
        "activation",
    ),
    "list as padding": (setting("conv_1", padding=["same"]), "does not fit"),
    "path as name": (renamed("../../etc/passwd"), "layer name"),
    "absolute name": (renamed("/etc/x"), "layer name"),
    "empty name": (renamed(""), "layer name"),
    "name of two lines": (renamed("pool\nerror: 1"), "layer name"),
    "endless name": (renamed("x" * 5000), "layer name"),
    "number as name": (setting("pool_1", name=7), "KeyError|layer name|cycle"),
    "huge image": (setting("input", batch_shape=[None, 99999, 9, 3]), "a side"),
    "grey image": (
        setting("input", batch_shape=[None, 12, 10, 1]),
        "weights of shapes",
    ),
    "two channels": (setting("input", batch_shape=[None, 12, 10, 2]), "RGB"),
    "image of any size": (
        setting("input", batch_shape=[None, None, None, 3]),
        "--image-shape",
    ),
    "flat image": (
        setting("input", batch_shape=[None, 360]),
        "takes 360 numbers.*--image-shape",
    ),
    "features": (setting("input", batch_shape=[None, 4, 4, 512]), "RGB"),
    "list as size": (setting("input", batch_shape=[None, 3, [], []]), "RGB"),
    "too small an image": (setting("input", batch_shape=[None, 2, 2, 3]), "Received"),
    "another image": (setting("input", batch_shape=[None, 20, 20, 3]), "declares"),
    "too many layers": (
        lambda d: d["config"].update(layers=d["config"]["layers"] * 999),
        "1 to 5,000 layers",
    ),
    "two inputs": (
        lambda d: d["config"]["layers"].append(
            {
                "class_name": "InputLayer",
                "config": {"name": "more", "batch_shape": [None, 12, 10, 3]},
                "inbound_nodes": [],
            }
        ),
        "one input",
    ),
    "call of nothing": (
        lambda d: entry(d, "fc_1")["inbound_nodes"].append({}),
        "expected tensors in",
    ),
    "layer without input": (
        lambda d: entry(d, "fc_1").update(inbound_nodes=[]),
        "cycle, or names a layer",
    ),
    "no layers": (lambda d: d["config"].update(layers=[]), "1 to 5,000 layers"),
    "layers missing": (lambda d: d["config"].pop("layers"), "'layers' of model"),
    "subclassed": (lambda d: d.update(class_name="Evil"), "Sequential or functional"),
}


@pytest.mark.parametrize("case", BAD_DESCRIPTIONS)
def test_bad_descriptions_are_refused(path, case):
    change, message = BAD_DESCRIPTIONS[case]
    description = description_of(path)
    change(description)
    made = Tracer.made
    refuse(set_description(path, description), message)
    assert Tracer.made == made


def test_the_table_above_starts_from_a_file_that_is_read(path):
    read_network(set_description(path, description_of(path)))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "null",
        "[]",
        "7",
        "{",
        '{"class_name": "Model"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"class_name": "Sequential", "config": ' + "[" * 900 + "]" * 900 + "}",
        '{"class_name": "Sequential", "config": []}',
        '{"class_name": "Model", "config": {"layers": 7, "output_layers": 7}}',
        '{"class_name": ["Model"], "config": {}}',
    ],
)
def test_descriptions_that_are_none_are_refused(path, raw):
    refuse(set_description(path, raw), "description|whole")


def test_infinite_image_is_refused(path):
    description = description_of(path)
    setting("input", batch_shape=[None, float("inf"), 10, 3])(description)
    refuse(set_description(path, description), "Received")


def test_real_lambda_and_custom_layers_never_run(tmp_path):
    trace = tmp_path / "trace"
    name = str(trace)
    images = keras.Input(SHAPE)
    x = layers.Lambda(lambda x: (os.makedirs(name, exist_ok=True), x)[1])(images)  # noqa: PTH103
    scores = layers.Dense(5)(layers.Flatten()(Tracer()(x)))
    path = saved(keras.Model(images, scores), tmp_path)
    trace.rmdir()
    made = Tracer.made
    refuse(path, "not supported")
    assert Tracer.made == made
    assert not trace.exists()


VALUES = st.sampled_from(
    [None, 0, -1, 2, 65_536, 2**70, 1e308, float("inf"), float("nan"), True, "", "relu"]
) | st.sampled_from([[], [1, 1], [[]], [-1, 2], {}, {"class_name": "Lambda"}, "same"])


def places(value: Any, here: tuple = ()) -> list[tuple]:
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    below = [place for key, item in items for place in places(item, (*here, key))]
    return [*([here] if here else []), *below]


@given(data=st.data())
@settings(max_examples=60)
def test_any_change_gives_a_network_or_a_refusal(fine_file, data):
    description = description_of(fine_file)
    place = data.draw(st.sampled_from(places(description)))
    value = data.draw(VALUES)
    if "batch_shape" in place and value == float("inf"):
        return  # see test_infinite_image_is_refused
    changed = copy.deepcopy(description)
    parent = changed
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    try:
        with h5py.File(fine_file) as file:
            network = network_from(Source(changed, (3, 15), "", file["model_weights"]))
    except ModelError as refusal:
        assert "\n" not in str(refusal)
    else:
        assert network.count_params() < 100_000


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(path, value):
    def change(file: h5py.File) -> None:
        group = file["model_weights/fc_1"]
        name = group.attrs["weight_names"][0]
        group[name][0, 0] = value

    refuse(change_model(path, change), "finite")


def test_zero_weights_are_refused(tmp_path):
    network = toy_network()
    network.set_weights([np.zeros_like(weight) for weight in network.get_weights()])
    refuse(saved(network, tmp_path), "zero")


def test_weights_of_other_shapes_are_refused(path):
    def transpose(file: h5py.File) -> None:
        group = file["model_weights/fc_1"]
        name = group.attrs["weight_names"][0]
        kernel = group[name][()].T
        del group[name]
        group[name] = kernel

    refuse(change_model(path, transpose), "expected weights of shapes")


def test_missing_weights_are_refused(path):
    def forget(file: h5py.File) -> None:
        del file["model_weights/output"]

    refuse(change_model(path, forget), "model_weights")


@pytest.mark.parametrize("target", ["other.h5", "network.h5"])
def test_weights_behind_a_link_are_refused(path, target):
    def link(file: h5py.File) -> None:
        file.move("model_weights", "moved")
        file["model_weights"] = h5py.ExternalLink(target, "/moved")

    refuse(change_model(path, link), "ExternalLink")


def test_other_files_are_refused(tmp_path):
    refuse(tmp_path / "missing.h5", "no such file")
    refuse(tmp_path, "is a folder")
    (tmp_path / "saved_model.pb").write_text("")
    refuse(tmp_path, "SavedModel.*model.save")
    (tmp_path / "text.h5").write_text("conv_1")
    refuse(tmp_path / "text.h5", "is a text, not a network.*model.save")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["data"] = [1]
    refuse(tmp_path / "data.h5", "keys")


def test_batch_normalisation_of_keras_2_lists_its_axis(tmp_path):
    """tf.keras 2 wrote ``axis`` as a list of one."""
    whole = saved(random_weights(toy_network(normalised=True)), tmp_path)
    expected = outputs(read_network(whole), IMAGES)
    description = description_of(whole)
    setting("norm_1", axis=[3])(description)
    set_description(whole, description)
    np.testing.assert_array_equal(outputs(read_network(whole), IMAGES), expected)


def test_deepid_has_the_competitions_parameters():
    # 601,643 at 1283 people: the design's number, and 161 more for each person.
    assert deepid(5).count_params() + 161 * (1283 - 5) == 601_643


def test_an_architecture_that_is_a_text_in_json(tmp_path):
    """As json.dump(model.to_json(), file) writes it."""
    network = toy_network()
    path = save_network(network, tmp_path / "network.weights.h5")
    architecture = tmp_path / "model.json"
    architecture.write_text(json.dumps(network.to_json()))
    assert_same_answers(read_network(path, architecture=architecture), network)
    architecture.write_text(json.dumps(json.dumps(network.to_json())))
    with pytest.raises(ModelError, match="to be an object"):
        read_network(path, architecture=architecture)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_network_in_place_of_its_architecture_is_called_so(tmp_path, ending):
    weights = save_network(toy_network(), tmp_path / "network.weights.h5")
    network = save_network(toy_network(), tmp_path / f"network{ending}")
    with pytest.raises(ModelError, match=r"a whole model\. Give that as the network"):
        read_network(weights, architecture=network)
