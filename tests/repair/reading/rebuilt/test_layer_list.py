"""Every layer that may stand in a network answers as in Keras, alone and in both forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import assert_read_as_keras, lively, saved
from toys import change_model

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network
from repair.reading.rebuilt.activation_list import _ACTIVATIONS
from repair.reading.rebuilt.layer_list import ALLOWED

SHAPE = (12, 10, 3)
# A layer -> what is made of images 0..1; all are then pooled and scored.
LAYERS: dict[str, Callable[[Any], Any]] = {
    "Activation": layers.Activation("tanh"),
    "AdaptiveAveragePooling2D": layers.AdaptiveAveragePooling2D((3, 5)),
    "AdaptiveMaxPooling2D": layers.AdaptiveMaxPooling2D((3, 5)),
    "Add": lambda x: layers.Add()([x, layers.Activation("tanh")(x)]),
    "AdditiveAttention": lambda x: layers.AdditiveAttention()([row(x), row(2 * x)]),
    "Attention": lambda x: layers.Attention(use_scale=True)([row(x), row(2 * x)]),
    "Average": lambda x: layers.Average()([x, layers.Activation("tanh")(x)]),
    "AveragePooling1D": lambda x: layers.AveragePooling1D(2)(row(x)),
    "AveragePooling2D": layers.AveragePooling2D((2, 3), padding="same"),
    "BatchNormalization": layers.BatchNormalization(epsilon=0.01, scale=False),
    "CenterCrop": layers.CenterCrop(6, 5),
    "Concatenate": lambda x: layers.Concatenate(1)([x, layers.Activation("tanh")(x)]),
    "Conv1D": lambda x: layers.Conv1D(6, 3, groups=3, padding="causal")(row(x)),
    "Conv2D": layers.Conv2D(6, (3, 2), groups=3, dilation_rate=2, use_bias=False),
    "Conv1DTranspose": lambda x: layers.Conv1DTranspose(4, 3, strides=2)(row(x)),
    "Conv2DTranspose": layers.Conv2DTranspose(4, 3, strides=2, output_padding=1),
    "Cropping1D": lambda x: layers.Cropping1D((5, 60))(row(x)),
    "Cropping2D": layers.Cropping2D(((1, 2), (3, 0))),
    "Dense": layers.Dense(5, activation="elu"),
    "DepthwiseConv1D": lambda x: layers.DepthwiseConv1D(3, strides=2)(row(x)),
    "DepthwiseConv2D": layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2),
    "Dot": lambda x: layers.Dot(axes=1, normalize=True)([row(x), row(1 - x)]),
    "Dropout": layers.Dropout(0.5),
    "ELU": layers.ELU(0.7),
    "EinsumDense": layers.EinsumDense("abcd,de->abce", (12, 10, 4), bias_axes="e"),
    "Flatten": lambda x: layers.Reshape((12, 10, 3))(layers.Flatten()(x)),
    "GlobalAveragePooling1D": lambda x: layers.GlobalAveragePooling1D()(row(x)),
    "GlobalAveragePooling2D": layers.GlobalAveragePooling2D(keepdims=True),
    "GlobalMaxPooling1D": lambda x: layers.GlobalMaxPooling1D()(row(x)),
    "GlobalMaxPooling2D": layers.GlobalMaxPooling2D(),
    "GroupNormalization": layers.GroupNormalization(3, epsilon=0.1),
    "Identity": layers.Identity(),
    "LayerNormalization": layers.LayerNormalization(axis=[1, 2, 3]),
    "LeakyReLU": lambda x: layers.LeakyReLU(0.1)(layers.Rescaling(2.0, -1.0)(x)),
    "MaxPooling1D": lambda x: layers.MaxPooling1D(2)(row(x)),
    "MaxPooling2D": layers.MaxPooling2D(3, strides=1),
    "Maximum": lambda x: layers.Maximum()([x, layers.Activation("tanh")(x)]),
    "Minimum": lambda x: layers.Minimum()([x, layers.Activation("tanh")(x)]),
    "MultiHeadAttention": lambda x: layers.MultiHeadAttention(2, 4, value_dim=3)(
        row(x), row(x)
    ),
    "Multiply": lambda x: layers.Multiply()([x, layers.Activation("tanh")(x)]),
    "PReLU": lambda x: layers.PReLU("uniform", shared_axes=[1, 2])(
        layers.Rescaling(2.0, -1.0)(x)
    ),
    "Permute": layers.Permute((2, 1, 3)),
    "RMSNormalization": layers.RMSNormalization(),
    "ReLU": lambda x: layers.ReLU(0.6, 0.2, 0.1)(layers.Rescaling(2.0, -1.0)(x)),
    "RepeatVector": lambda x: layers.RepeatVector(4)(layers.Flatten()(x)),
    "Rescaling": layers.Rescaling([1.0, 2.0, 0.5], [0.1, 0.2, -0.3]),
    "Reshape": layers.Reshape((-1, 6)),
    "Resizing": layers.Resizing(7, 9, crop_to_aspect_ratio=True),
    "SeparableConv1D": lambda x: layers.SeparableConv1D(4, 3, strides=2)(row(x)),
    "SeparableConv2D": layers.SeparableConv2D(4, 3, depth_multiplier=2),
    "Softmax": layers.Softmax(),
    "SpatialDropout2D": layers.SpatialDropout2D(0.5),
    "Subtract": lambda x: layers.Subtract()([x, layers.Activation("tanh")(x)]),
    "UnitNormalization": layers.UnitNormalization(),
    "UpSampling1D": lambda x: layers.UpSampling1D(2)(row(x)),
    "UpSampling2D": layers.UpSampling2D((2, 3), interpolation="bilinear"),
    "ZeroPadding1D": lambda x: layers.ZeroPadding1D((1, 2))(row(x)),
    "ZeroPadding2D": layers.ZeroPadding2D(((1, 0), (0, 3))),
    # Layers that others stand for here.
    "Normalization of its weights": lambda x: adapted()(x),
    "Normalization of its settings": layers.Normalization(
        mean=[0.2, 0.3, 0.4], variance=[0.5, 0.1, 2.0]
    ),
    "Normalization of all channels": lambda x: adapted(axis=None)(x),
    "Normalization of all by settings": layers.Normalization(
        axis=None, mean=0.2, variance=0.5
    ),
    "TimeDistributed": lambda x: layers.TimeDistributed(
        layers.Dense(4, activation="elu")
    )(row(x)),
    "Resizing without steps": layers.Resizing(
        7, 5, interpolation="bicubic", antialias=True
    ),
    "GaussianNoise": layers.GaussianNoise(0.3),
    "GaussianDropout": layers.GaussianDropout(0.3),
    "AlphaDropout": layers.AlphaDropout(0.3),
    "ActivityRegularization": layers.ActivityRegularization(0.1),
    "RandomFlip": layers.RandomFlip("vertical"),
    "RandomRotation": layers.RandomRotation(0.3),
}


def row(x: Any) -> Any:
    return layers.Reshape((-1, 3))(x)


def adapted(axis: int | None = -1) -> layers.Normalization:
    layer = layers.Normalization(axis=axis)
    layer.adapt(np.random.default_rng(0).uniform(0, 2, (9, *SHAPE)).astype("f4"))
    return layer


def scored(x: Any) -> Any:
    if len(x.shape) == 2:
        return layers.Dense(4, activation="softmax")(x)
    return layers.Dense(4, activation="softmax")(layers.Flatten()(x))


def test_every_allowed_layer_is_in_the_table():
    assert set(ALLOWED) <= set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_answers_as_keras(tmp_path, name):
    images = keras.Input(SHAPE)
    x = LAYERS[name](layers.Rescaling(1 / 255)(images))
    network = keras.Model(images, scored(x))
    rng = np.random.default_rng(0)
    for variable in network.weights:
        if "normalization" not in variable.path or "gamma" in variable.path:
            fan_in = np.prod(variable.shape[:-1]) or 1
            variable.assign(rng.normal(0, fan_in**-0.5, variable.shape))
    assert_read_as_keras(network, tmp_path)


@pytest.mark.parametrize("name", sorted(_ACTIVATIONS))
def test_activation_answers_as_keras(tmp_path, name):
    images = keras.Input(SHAPE)
    x = layers.Rescaling(2 / 255, -1)(images)
    x = layers.Conv2D(5, 3, activation=name)(x)
    assert_read_as_keras(lively(keras.Model(images, scored(x))), tmp_path)


@pytest.mark.parametrize(
    "activation", [layers.LeakyReLU(0.4), layers.ELU(0.3), layers.ReLU(0.5, 0.1, 0.2)]
)
def test_layer_as_activation_answers_as_keras(tmp_path, activation):
    images = keras.Input(SHAPE)
    x = layers.Conv2D(5, 3, activation=activation)(
        layers.Rescaling(2 / 255, -1)(images)
    )
    assert_read_as_keras(lively(keras.Model(images, scored(x))), tmp_path, (".keras",))


@pytest.mark.parametrize("policy", ["mixed_float16", "float64", "mixed_bfloat16"])
def test_other_precisions_are_read_as_float32(tmp_path, policy):
    def made(dtype: str) -> keras.Model:
        images = keras.Input(SHAPE)
        x = layers.Rescaling(1 / 255, dtype=dtype)(images)
        x = layers.BatchNormalization(dtype=dtype)(layers.Conv2D(5, 3, dtype=dtype)(x))
        x = layers.Flatten(dtype=dtype)(x)
        return keras.Model(
            images, layers.Dense(4, activation="softmax", dtype=dtype)(x)
        )

    network, plain = made(policy), lively(made("float32"))
    network.set_weights(plain.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    for ending in (".h5", ".keras"):
        read = read_network(saved(network, tmp_path, ending))
        np.testing.assert_allclose(
            outputs(read, images), outputs(plain, images), rtol=0, atol=1e-6
        )


@pytest.mark.parametrize("policy", ["float16", "bfloat16"])
def test_weights_of_half_precision_are_read(tmp_path, policy):
    images = keras.Input(SHAPE)
    x = layers.Conv2D(5, 3)(layers.Rescaling(1 / 255)(images))
    plain = lively(keras.Model(images, scored(x)))
    network = keras.models.clone_model(
        plain,
        clone_function=lambda layer: type(layer).from_config(
            {**layer.get_config(), "dtype": policy}
        ),
    )
    network.set_weights(plain.get_weights())
    plain.set_weights([np.asarray(each, np.float32) for each in network.get_weights()])
    given = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    for ending in (".h5", ".keras"):
        read = read_network(saved(network, tmp_path, ending))
        np.testing.assert_allclose(
            outputs(read, given), outputs(plain, given), rtol=0, atol=1e-6
        )


def changed(path: Any, change: Callable[[Any], object], version: str = "3.15.1") -> Any:
    def edit(file: h5py.File) -> None:
        description = json.loads(file.attrs["model_config"])
        change(description["config"]["layers"])
        file.attrs["model_config"] = json.dumps(description)
        file.attrs["keras_version"] = version

    return change_model(path, edit)


@pytest.fixture
def path(tmp_path):
    images = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(5, 3, name="conv")(layers.Rescaling(2 / 255, -1)(images))
    x = layers.LeakyReLU(0.3, name="leaky")(x)
    return saved(lively(keras.Model(images, scored(x))), tmp_path, ".h5")


def settings_of(described: Any, name: str) -> Any:
    return next(each for each in described if each["config"]["name"] == name)["config"]


def test_hard_sigmoid_means_what_its_writer_meant(path):
    def change(described: Any) -> None:
        settings_of(described, "conv")["activation"] = "hard_sigmoid"

    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    network = read_network(path)
    conv = keras.Model(network.input, network.get_layer("conv").output)
    before = np.asarray(conv(images))
    for version, slope in (("2.15.0", 0.2), ("3.15.1", 1 / 6)):
        network = read_network(changed(path, change, version))
        listener = network.get_layer("leaky").input
        after = np.asarray(keras.Model(network.input, listener)(images))
        expected = np.clip(slope * before + 0.5, 0, 1)
        np.testing.assert_allclose(after, expected, rtol=0, atol=1e-5)


def test_old_spelling_of_leaky_relu(path):
    def change(described: Any) -> None:
        settings = settings_of(described, "leaky")
        settings["alpha"] = settings.pop("negative_slope")

    images = np.random.default_rng(0).uniform(0, 255, (9, *SHAPE)).astype("f4")
    expected = outputs(read_network(path), images)
    network = read_network(changed(path, change, "2.11.0"))
    np.testing.assert_array_equal(outputs(network, images), expected)


REFUSED = {
    "Lambda": ({"class_name": "Lambda"}, "Python code, which is never run"),
    "own class": (
        {"class_name": "Evil", "registered_name": "evil>Evil", "module": "evil"},
        "maker's own",
    ),
    "own class with the name of Keras' class": (
        {"class_name": "LeakyReLU", "registered_name": "evil>LeakyReLU"},
        "maker's own",
    ),
    "own class that is called as ConvNeXt's": (
        {"class_name": "LayerScale", "module": "evil"},
        "maker's own",
    ),
    "layer of Keras 1": ({"class_name": "Convolution2D"}, "of Keras 1.*save it there"),
    "layer for texts": ({"class_name": "TextVectorization"}, "rebuilt here"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_says_why(path, case):
    change, message = REFUSED[case]

    def apply(described: Any) -> None:
        next(x for x in described if x["config"]["name"] == "leaky").update(change)

    with pytest.raises(ModelError, match=message) as refusal:
        read_network(changed(path, apply))
    said = str(refusal.value)
    assert ("run" in said.split("supported")[1]) == (case == "Lambda")


def test_factors_that_are_an_array(tmp_path):
    scale, offset = np.array([1 / 255, 2 / 255, 0.001]), np.array([-0.1, 0.0, 0.2])
    images = keras.Input(SHAPE)
    x = layers.Conv2D(4, 3)(layers.Rescaling(scale, offset)(images))
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    assert_read_as_keras(lively(keras.Model(images, x)), tmp_path)


def with_setting(tmp_path: Any, layer: keras.Layer, key: str, value: Any) -> Any:
    """A file of tf.keras whose layer has another setting."""
    images = keras.Input(SHAPE)
    x = layer(layers.Conv2D(4, 3)(images))
    x = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    path = saved(lively(keras.Model(images, x)), tmp_path, ".h5")

    def edit(file: h5py.File) -> None:
        description = json.loads(file.attrs["model_config"])
        every = description["config"]["layers"]
        place = next(x for x in every if x["config"]["name"] == layer.name)
        place["config"][key] = value
        file.attrs["model_config"] = json.dumps(description)
        file.attrs["keras_version"] = "2.15.0"

    return change_model(path, edit)


@pytest.mark.parametrize("axis", [[1, 3], [], None, [[3]]])
@pytest.mark.parametrize("kind", ["BatchNormalization", "GroupNormalization"])
def test_one_axis_is_expected_where_there_can_be_no_more(tmp_path, kind, axis):
    layer = getattr(layers, kind)(name="norm", **{"groups": 2} if "G" in kind else {})
    path = with_setting(tmp_path, layer, "axis", axis)
    with pytest.raises(ModelError, match=f"a {kind} along one axis"):
        read_network(path)


def test_log_softmax_as_tensorflow_calls_it(tmp_path):
    layer = layers.Dense(4, "log_softmax", name="scores")
    path = with_setting(tmp_path, layer, "activation", "log_softmax_v2")
    read_network(path)


@pytest.mark.parametrize(
    "activation",
    ["glu", "threshold", {"class_name": "PReLU", "config": {"name": "prelu"}}, 7],
)
def test_other_activations_are_refused_with_a_remedy(tmp_path, activation):
    layer = layers.Dense(4, name="scores")
    path = with_setting(tmp_path, layer, "activation", activation)
    with pytest.raises(ModelError, match=r"not supported.*elu.*PReLU behind this one"):
        read_network(path)
