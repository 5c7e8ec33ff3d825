"""Of a network with several ends, what the wanted one needs is rebuilt, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers, ops
from saved_networks import images_for, lively, saved
from saved_operators import SHAPE, changed, with_place
from toys import change_model

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network

ENDINGS = (".h5", ".keras", ".weights.h5")


def boxes(x: Any) -> Any:
    """A head that can not be rebuilt: recurrent, over the rows of an image."""
    rows = layers.Reshape((12, -1))(x)
    return layers.Dense(4, name="boxes")(layers.LSTM(3)(rows))


def nested_boxes(x: Any) -> Any:
    images = keras.Input(x.shape[1:])
    return keras.Model(images, boxes(images), name="head")(x)


def attention_scores(x: Any) -> Any:
    rows = layers.Reshape((12, -1))(x)
    attend = layers.MultiHeadAttention(2, 3)
    _, scores = attend(rows, rows, return_attention_scores=True)
    return layers.Flatten(name="boxes")(scores)


def cumulated(x: Any) -> Any:
    return layers.Flatten(name="boxes")(ops.cumsum(x, axis=1))


def two_heads(other: Any) -> keras.Model:
    images = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, padding="same")(layers.Rescaling(1 / 255)(images))
    x = layers.BatchNormalization()(x)
    labels = layers.Dense(4, activation="softmax", name="labels")(layers.Flatten()(x))
    return lively(keras.Model(images, [other(x), labels]))


def read_by_name(path: Path, network: keras.Model, output: str) -> keras.Model:
    architecture = None
    if path.name.endswith(".weights.h5"):
        architecture = path.with_name("model.json")
        architecture.write_text(network.to_json())
    return read_network(path, output=output, architecture=architecture)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "other",
    [boxes, nested_boxes, attention_scores, cumulated],
    ids=lambda x: x.__name__,
)
def test_head_beside_one_that_can_not_be_rebuilt(tmp_path, other, ending):
    network = two_heads(other)
    images = images_for(network)
    expected = network.predict(images, verbose=0)[1]
    read = read_by_name(saved(network, tmp_path, ending), network, "labels")
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-5)
    assert not {"lstm", "boxes"} & {layer.name for layer in read.layers}


def test_the_other_head_is_refused_for_what_it_is(tmp_path):
    network = two_heads(boxes)
    with pytest.raises(ModelError, match="'LSTM' is not supported"):
        read_network(saved(network, tmp_path, ".h5"), output="boxes")


def aside(kind: str, function: str | None = None, **keywords: Any) -> Any:
    """Adds a step of tf.keras beside the way to the output."""

    def change(description: Any) -> None:
        config = {"name": "aside", "trainable": True, "dtype": "float32"}
        config |= {"function": function} if function else {}
        node = ["conv", 0, 0, keywords]
        description["config"]["layers"].append(
            {"class_name": kind, "config": config, "name": "aside"}
            | {"inbound_nodes": [[node]] if function is None else [node]}
        )

    return change


@pytest.mark.parametrize(
    "change",
    [
        aside("TFOpLambda", "math.reduce_mean"),  # of all images, as add_loss writes it
        aside("AddLoss", unconditional=False),
        aside("Lambda", code="4wEAAAA="),
        aside("TFOpLambda", "io.write_file", contents="x"),
    ],
)
def test_losses_and_metrics_of_its_own_are_left_out(tmp_path, change):
    path = with_place(tmp_path)
    images = images_for(read_network(path))
    expected = outputs(read_network(path), images)
    np.testing.assert_array_equal(
        outputs(read_network(changed(path, change)), images), expected
    )


def test_what_is_left_out_counts_as_calls_still(tmp_path):
    def change(description: Any) -> None:
        aside("ReLU")(description)
        every = description["config"]["layers"]
        every[-1]["inbound_nodes"] *= 5000

    path = changed(with_place(tmp_path), change)
    with pytest.raises(ModelError, match="at most 5,000 calls"):
        read_network(path)


def test_weights_that_go_by_their_order_are_given_as_before(tmp_path):
    """Names differ, so that nothing tells whose weights those of a left out layer are."""
    images = keras.Input(SHAPE)
    x = layers.Flatten()(layers.Rescaling(1 / 255)(images))
    heads = [layers.Dense(5, name="first")(x), layers.Dense(4, name="second")(x)]
    network = lively(keras.Model(images, heads))
    given = images_for(network)
    path = saved(network, tmp_path, ".h5")
    expected = outputs(read_network(path, output="second"), given)

    def change(file: h5py.File) -> None:
        text = file.attrs["model_config"]
        text = text.replace('"first"', '"one"').replace('"second"', '"two"')
        file.attrs["model_config"] = text

    read = read_network(change_model(path, change), output="two")
    np.testing.assert_array_equal(outputs(read, given), expected)


@pytest.mark.parametrize("ending", ENDINGS)
def test_two_outputs_of_one_layer_are_asked_for_by_name(tmp_path, ending):
    images = keras.Input(SHAPE)
    x = layers.Rescaling(1 / 255)(images)
    head = layers.Dense(4, activation="softmax", name="head")
    ends = [head(layers.Flatten()(each)) for each in (x, layers.Conv2D(3, 1)(x))]
    network = lively(keras.Model(images, ends))
    path = saved(network, tmp_path, ending)
    given = images_for(network)
    for name, expected in zip(
        ("head", "head_1"), network.predict(given, verbose=0), strict=True
    ):
        read = read_by_name(path, network, name)
        np.testing.assert_allclose(outputs(read, given), expected, rtol=0, atol=1e-5)
    with pytest.raises(ModelError, match=r"--output NAME, of: head, head_1\."):
        read_by_name(path, network, "other")
    with pytest.raises(ModelError, match="Received: 2 outputs"):
        read_by_name(path, network, None)


def test_one_output_that_is_named_twice_is_one(tmp_path):
    path = with_place(tmp_path)
    images = images_for(read_network(path))
    expected = outputs(read_network(path), images)

    def change(description: Any) -> None:
        ends = description["config"]["output_layers"]
        ends = [ends] if isinstance(ends[0], str) else ends
        description["config"]["output_layers"] = ends * 2

    np.testing.assert_array_equal(
        outputs(read_network(changed(path, change)), images), expected
    )
