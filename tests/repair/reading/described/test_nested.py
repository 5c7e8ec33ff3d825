"""Models within models, layers called several times, odd names: one flat list of steps."""

from __future__ import annotations

import json
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import assert_read_as_keras, images_for, lively, saved
from toys import change_model

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.described.nested import flatten
from repair.reading.described.parts import MAX_LAYERS, model_from
from repair.reading.network_file import read_network

SHAPE = (12, 10, 3)
ALL = (".h5", ".keras", ".weights.h5")


def base(name: str = "base") -> keras.Model:
    """Convolutions with batch normalisation, whose weights are of two kinds."""
    images = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3, name="conv")(images)
    x = layers.ReLU()(layers.BatchNormalization(name="norm")(x))
    x = layers.Conv2D(4, 3, padding="same", name="conv_b")(x)
    return keras.Model(images, layers.BatchNormalization(name="norm_b")(x), name=name)


def end(images: Any, x: Any) -> keras.Model:
    x = layers.GlobalAveragePooling2D()(x)
    return lively(keras.Model(images, layers.Dense(4, activation="softmax")(x)))


def start() -> tuple[Any, Any]:
    images = keras.Input(SHAPE)
    return images, layers.Rescaling(1 / 255)(images)


@pytest.mark.parametrize("trainable", [True, False])
def test_transfer_model_answers_as_keras(tmp_path, trainable):
    (images, x), nested = start(), base()
    network = end(images, nested(x))
    nested.trainable = trainable
    read = assert_read_as_keras(network, tmp_path, ALL)
    names = [layer.name for layer in read.layers]
    assert {"conv", "norm", "conv_b", "norm_b"} <= set(names)


def test_partly_frozen_base_answers_as_keras(tmp_path):
    (images, x), nested = start(), base()
    network = end(images, nested(x))
    nested.get_layer("conv").trainable = False
    nested.get_layer("norm_b").trainable = False
    assert_read_as_keras(network, tmp_path, ALL)
    nested.trainable = False
    nested.get_layer("conv_b").trainable = True
    assert_read_as_keras(network, tmp_path, ALL)


def block(name: str) -> keras.Model:
    """As a factory makes them: layers of one name in several models."""
    conv = layers.Conv2D(3, 3, padding="same", name="conv", activation="tanh")
    return keras.Sequential([keras.Input(SHAPE), conv], name=name)


def test_frozen_model_within_whose_layers_were_released_again(tmp_path):
    """The recipe of fine-tuning: a base is frozen, and its last layers are not."""
    first, second = block("block1"), block("block2")
    first.trainable = False
    first.get_layer("conv").trainable = True
    inner = base()
    inner.trainable = False
    for layer in inner.layers[-2:]:
        layer.trainable = True
    outer = keras.Sequential([keras.Input(SHAPE), first, second, inner], name="outer")
    images, x = start()
    network = end(images, outer(x))
    assert_read_as_keras(network, tmp_path, ALL)
    outer.trainable = False
    inner.get_layer("conv_b").trainable = True
    assert_read_as_keras(network, tmp_path, ALL)


def test_weights_of_another_model_within_are_refused(tmp_path):
    layers_within = [keras.Input(SHAPE), block("block1"), block("block2")]
    outer = keras.Sequential(layers_within, name="outer")
    images, x = start()
    path = saved(end(images, outer(x)), tmp_path, ".h5")

    def change(file: h5py.File) -> None:
        listed = file["model_weights/outer"].attrs
        names = list(listed["weight_names"])
        listed["weight_names"] = names[2:] + names[:2]

    with pytest.raises(ModelError, match=r"weights of 'block1/conv'.*block2/conv"):
        read_network(change_model(path, change))


def test_several_levels_answer_as_keras(tmp_path):
    inner = keras.Sequential(
        [keras.Input((10, 8, 4)), layers.Conv2D(3, 1), layers.ELU()]
    )
    outer = keras.Sequential([keras.Input(SHAPE), base(), inner], name="outer")
    images, x = start()
    assert_read_as_keras(end(images, outer(x)), tmp_path, ALL)


def test_two_models_of_one_kind_answer_as_keras(tmp_path):
    images, x = start()
    x = layers.Concatenate()([base("left")(x), base("right")(x)])
    read = assert_read_as_keras(end(images, x), tmp_path, ALL)
    assert {"conv", "conv_2"} <= {layer.name for layer in read.layers}


def test_layers_and_models_that_are_called_again_answer_as_keras(tmp_path):
    keras.utils.set_random_seed(0)  # of some kernels nothing is left behind the ReLUs
    images, x = start()
    conv, relu = (
        layers.Conv2D(3, 3, padding="same", name="conv"),
        layers.ReLU(name="relu"),
    )
    model = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(3, 1)], name="again")
    x = model(relu(conv(model(relu(conv(x))))))
    read = assert_read_as_keras(end(images, x), tmp_path, ALL)
    assert {"relu", "relu_2", "conv", "conv_2"} <= {layer.name for layer in read.layers}
    for layer in read.layers:
        assert len(layer._inbound_nodes) == 1


def test_model_with_several_inputs_and_outputs_within(tmp_path):
    left, right = keras.Input(SHAPE), keras.Input(SHAPE)
    both = layers.Add()([layers.Conv2D(3, 1)(left), right])
    inner = keras.Model([left, right], [both, layers.Activation("tanh")(both)])
    images, x = start()
    first, second = inner([x, layers.ReLU(0.5)(x)])
    x = layers.Concatenate()([second, first])
    assert_read_as_keras(end(images, x), tmp_path)


def test_names_that_keras_3_does_not_take(tmp_path):
    """As tf.keras 2 wrote them; Keras 3 can not load such a file at all."""
    network = keras.Sequential(
        [keras.Input(SHAPE), layers.Rescaling(1 / 255, name="AAA")]
        + [layers.Conv2D(3, 3, name="BBB"), layers.Flatten(name="CCC")]
        + [layers.Dense(4, activation="softmax", name="DDD")]
    )
    path = saved(lively(network), tmp_path, ".h5")
    images = images_for(network)
    expected = outputs(read_network(path), images)
    odd = {
        "AAA": "scale pixels",
        "BBB": "block.1/conv",
        "CCC": "flat.0",
        "DDD": "fc/out",
    }

    def change(file: h5py.File) -> None:
        text = file.attrs["model_config"]
        weights = file["model_weights"]
        listed = []
        for old, new in odd.items():
            text = text.replace(f'"name": "{old}"', f'"name": "{new}"')
            weights.move(old, "moved")
            weights.move("moved", new)
            listed.append(new)
        file.attrs["model_config"] = text
        weights.attrs["layer_names"] = listed

    read = read_network(change_model(path, change))
    np.testing.assert_array_equal(outputs(read, images), expected)
    names = [layer.name for layer in read.layers]
    assert names[1:] == ["scale_pixels", "block_1_conv", "flat_0", "fc_out"]


def described(calls: int) -> Any:
    """A description of one ReLU that is called so many times on end."""
    nodes = [[[["relu", index - 1, 0, {}]]] for index in range(1, calls)]
    return {
        "class_name": "Model",
        "config": {
            "name": "m",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {"name": "in"},
                    "inbound_nodes": [],
                },
                {
                    "class_name": "ReLU",
                    "config": {"name": "relu"},
                    "inbound_nodes": [[["in", 0, 0, {}]], *[node[0] for node in nodes]],
                },
            ],
            "input_layers": [["in", 0, 0]],
            "output_layers": [["relu", calls - 1, 0]],
        },
    }


def test_bound_on_steps():
    steps, _ = flatten(model_from(described(MAX_LAYERS - 1)))
    assert len(steps) == MAX_LAYERS
    with pytest.raises(ModelError, match="at most 5,000 calls"):
        flatten(model_from(described(MAX_LAYERS)))


def wrapped(depth: int) -> Any:
    inner: Any = {"class_name": "ReLU", "config": {"name": "relu"}}
    for index in range(depth):
        config = {
            "name": f"m{index}",
            "layers": [inner],
            "build_input_shape": [None, 9, 9, 3],
        }
        inner = {"class_name": "Sequential", "config": config}
    return inner


def test_bound_on_depth():
    assert len(flatten(model_from(wrapped(10)))[0]) == 2
    with pytest.raises(ModelError, match="at most 10 deep"):
        model_from(json.loads(json.dumps(wrapped(11))))


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_an_output_is_the_call_that_it_names(tmp_path, ending):
    """Keras 3 counts calls of models within from 1 among outputs alone."""
    inner_images = keras.Input(SHAPE)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(inner_images))
    inner = keras.Model(inner_images, layers.Dense(4, "softmax")(x), name="inner")
    images, x = start()
    first, second = inner(x), inner(layers.ReLU()(1 - x))
    mean = layers.Average(name="mean")([first, second])
    network = lively(keras.Model(images, [second, mean, first]))
    given = images_for(network)
    expected = network.predict(given, verbose=0)
    path = saved(network, tmp_path, ending)
    for name, answers in zip(("inner", "mean", "inner_1"), expected, strict=True):
        found = outputs(read_network(path, output=name), given)
        np.testing.assert_allclose(found, answers, rtol=0, atol=1e-5)
