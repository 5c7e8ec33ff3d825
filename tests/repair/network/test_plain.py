"""Whatever a network ends in, it is read as probabilities, one per label, or refused."""

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
from repair.network.plain import classifier
from repair.network.scores import scores
from repair.reading.network_file import read_network

SHAPE = (12, 10, 3)


def body() -> tuple[Any, Any]:
    images = keras.Input(SHAPE)
    x = layers.Conv2D(6, 3, activation="relu")(layers.Rescaling(1 / 255)(images))
    return images, x


def flat() -> tuple[Any, Any]:
    images, x = body()
    return images, layers.Flatten()(x)


def dense(units: int, activation: str | None = None) -> keras.Model:
    images, x = flat()
    return lively(keras.Model(images, layers.Dense(units, activation)(x)))


def behind(*more: keras.Layer, units: int = 4) -> keras.Model:
    images, x = flat()
    x = layers.Dense(units)(x)
    for layer in more:
        x = layer(x)
    return lively(keras.Model(images, x))


def convolutional() -> keras.Model:
    images, x = body()
    x = layers.Conv2D(4, 1)(x)
    return lively(keras.Model(images, layers.GlobalAveragePooling2D()(x)))


def places() -> keras.Model:
    images, x = body()
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    return lively(keras.Model(images, layers.Conv2D(4, 1, activation="softmax")(x)))


def ensemble(units: int, activation: str) -> keras.Model:
    images, x = flat()
    every = [layers.Dense(units, activation)(x) for _ in range(3)]
    return lively(keras.Model(images, layers.Average()(every)))


def weighted() -> keras.Model:
    images, x = flat()
    one, other = (layers.Dense(4, activation="softmax")(x) for _ in range(2))
    return lively(keras.Model(images, 0.3 * one + 0.7 * other))


def summed_logits() -> keras.Model:
    images, x = flat()
    gate = layers.Dense(1, activation="sigmoid")(x)
    return lively(keras.Model(images, layers.Add()([layers.Dense(1)(x), gate])))


ENDS = {
    "softmax": lambda: dense(4, "softmax"),
    "softmax as a layer": lambda: behind(layers.Softmax()),
    "softmax as an activation": lambda: behind(layers.Activation("softmax")),
    "softmax, then dropout": lambda: behind(layers.Softmax(), layers.Dropout(0.5)),
    "logits": lambda: dense(4),
    "logits, then nothing": lambda: behind(layers.Activation("linear")),
    "logits of places": convolutional,
    "log of probabilities": lambda: behind(layers.Activation("log_softmax")),
    "one sigmoid": lambda: dense(1, "sigmoid"),
    "one sigmoid as a layer": lambda: behind(layers.Activation("sigmoid"), units=1),
    "mean of several networks": lambda: ensemble(4, "softmax"),
    "weighted mean of several networks": weighted,
    "mean of several sigmoids": lambda: ensemble(1, "sigmoid"),
}


@pytest.mark.parametrize("name", ENDS)
def test_end_answers_as_keras(tmp_path, name):
    network = ENDS[name]()
    read = assert_read_as_keras(network, tmp_path)
    assert read.output_shape == (None, 2 if network.output_shape[1] == 1 else 4)
    images = images_for(network)
    shares = np.asarray(
        keras.ops.softmax(keras.Model(read.input, scores(read, "s"))(images))
    )
    np.testing.assert_allclose(shares, outputs(read, images), rtol=0, atol=1e-5)


def test_scores_of_one_place(tmp_path):
    network = places()
    read = read_network(saved(network, tmp_path, ".keras"))
    images = images_for(network)
    expected = network.predict(images, verbose=0).reshape(len(images), 4)
    np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-6)


def test_sum_of_two_networks_is_their_mean(tmp_path):
    images, x = flat()
    both = [layers.Dense(4, activation="softmax")(x) for _ in range(2)]
    network = lively(keras.Model(images, layers.Add()(both)))
    given = images_for(network)
    expected = network.predict(given, verbose=0) / 2
    read = read_network(saved(network, tmp_path, ".keras"))
    np.testing.assert_allclose(outputs(read, given), expected, rtol=0, atol=1e-6)


def test_many_sums_of_sums_are_looked_at_once(tmp_path):
    images, x = flat()
    x = layers.Dense(4, activation="softmax")(x)
    for _ in range(60):
        x = layers.Average()([x, x])
    read = read_network(saved(lively(keras.Model(images, x)), tmp_path, ".keras"))
    assert read.output_shape == (None, 4)


def test_one_logit_is_that_of_the_second_label(tmp_path):
    network = dense(1)
    network.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    images = images_for(network)
    logit = network.predict(images, verbose=0)
    shares = 1 / (1 + np.exp(-logit))
    for ending in (".h5", ".keras"):
        read = read_network(saved(network, tmp_path, ending))
        expected = np.concatenate([1 - shares, shares], axis=1)
        np.testing.assert_allclose(outputs(read, images), expected, rtol=0, atol=1e-6)


def compiled(network: keras.Model, loss: Any) -> keras.Model:
    network.compile(loss=loss)
    return network


REFUSED = {
    "several sigmoids": (
        lambda: dense(4, "sigmoid"),
        "4 sigmoids.*names no loss. If it was trained with categorical cross-entropy, save",
    ),
    "several sigmoids that were trained for themselves": (
        lambda: compiled(dense(4, "sigmoid"), "binary_crossentropy"),
        r"4 sigmoids, each of which answers for itself\.$",
    ),
    "logits of several sigmoids": (
        lambda: compiled(dense(4), keras.losses.BinaryCrossentropy(from_logits=True)),
        "4 sigmoids",
    ),
    "numbers": (lambda: compiled(dense(4), "mse"), "trained to give numbers"),
    "one number": (lambda: compiled(dense(1), "mean_absolute_error"), "give numbers"),
    "one score behind a ReLU": (lambda: dense(1, "relu"), "'relu'"),
    "several of another sigmoid": (lambda: dense(4, "hard_sigmoid"), "hard_sigmoid"),
    "several ReLUs, for labels of their own": (
        lambda: compiled(dense(4, "relu"), "binary_crossentropy"),
        "answers for itself",
    ),
    "a picture": (lambda: keras.Model(*body()), "one score per label"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_ends_are_refused_with_the_reason(tmp_path, name):
    make, message = REFUSED[name]
    for ending in (".h5", ".keras"):
        path = saved(make(), tmp_path, ending)
        with pytest.raises(ModelError, match=message) as refusal:
            read_network(path)
        assert str(path) in str(refusal.value)


def test_one_of_several_outputs_is_chosen_by_name(tmp_path):
    images, x = flat()
    many = [layers.Dense(n, "softmax", name=f"head_{n}")(x) for n in (3, 4)]
    network = lively(keras.Model(images, many))
    path = saved(network, tmp_path, ".keras")
    with pytest.raises(ModelError, match="--output NAME, of: head_3, head_4"):
        read_network(path)
    with pytest.raises(ModelError, match="'head_5'"):
        read_network(path, output="head_5")
    pictures = images_for(network)
    expected = network.predict(pictures, verbose=0)
    for index, name in enumerate(("head_3", "head_4")):
        read = read_network(path, output=name)
        np.testing.assert_allclose(
            outputs(read, pictures), expected[index], rtol=0, atol=1e-6
        )


def test_grey_images_without_an_axis_for_it(tmp_path):
    network = keras.Sequential(
        [keras.Input((12, 10)), layers.Rescaling(1 / 255), layers.Flatten()]
        + [layers.Dense(4, activation="softmax")]
    )
    read = assert_read_as_keras(lively(network), tmp_path)
    assert read.input_shape == (None, 12, 10, 1)


@pytest.mark.parametrize("end", ["softmax", "sigmoid"])
def test_probabilities_may_have_been_trained_by_a_loss_of_numbers(end, tmp_path):
    network = compiled(dense(4 if end == "softmax" else 1, end), "mse")
    images = images_for(network)
    shares = network.predict(images, verbose=0)
    found = outputs(read_network(saved(network, tmp_path, ".keras")), images)
    np.testing.assert_allclose(found[:, -shares.shape[1] :], shares, rtol=0, atol=1e-5)


def test_broken_training_settings_are_no_reason_to_refuse(tmp_path):
    path = saved(compiled(dense(4), "mse"), tmp_path, ".h5")

    def change(file: h5py.File) -> None:
        file.attrs["training_config"] = json.dumps({"loss": [["mse"]]})

    read_network(change_model(path, change))


def test_a_sum_with_a_logit_is_a_logit(tmp_path):
    network = summed_logits()
    images = images_for(network)
    shares = 1 / (1 + np.exp(-network.predict(images, verbose=0)))
    read = read_network(saved(network, tmp_path, ".keras"))
    np.testing.assert_allclose(outputs(read, images)[:, 1:], shares, rtol=0, atol=1e-5)


def test_what_lies_behind_a_sigmoid_is_no_logit(tmp_path):
    images, x = flat()
    x = 3 - layers.Dense(1, activation="sigmoid")(x)
    path = saved(lively(keras.Model(images, x)), tmp_path, ".keras")
    with pytest.raises(ModelError, match="sigmoid in the last layer"):
        read_network(path)


def of_places() -> keras.Model:
    images, x = body()
    x = layers.Conv2D(1, 1, activation="sigmoid")(x)
    return lively(keras.Model(images, layers.GlobalAveragePooling2D()(x)))


def turned_round() -> keras.Model:
    images, x = flat()
    return lively(keras.Model(images, 1 - layers.Dense(1, activation="sigmoid")(x)))


def reshaped() -> keras.Model:
    return behind(layers.Activation("sigmoid"), layers.Reshape((1,)), units=1)


@pytest.mark.parametrize("make", [of_places, turned_round, reshaped])
def test_one_probability_that_is_made_of_sigmoids(make, tmp_path):
    network = make()
    images = images_for(network)
    share = network.predict(images, verbose=0)
    for ending in (".h5", ".keras"):
        found = outputs(read_network(saved(network, tmp_path, ending)), images)
        expected = np.concatenate([1 - share, share], axis=1)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("activation", ["relu", "tanh", "leaky_relu"])
def test_of_scores_behind_another_activation_the_largest_counts(
    activation, tmp_path, capsys
):
    network = dense(4, activation)
    images = images_for(network)
    scores_of_it = keras.ops.softmax(network.predict(images, verbose=0))
    for ending in (".h5", ".keras"):
        found = outputs(read_network(saved(network, tmp_path, ending)), images)
        np.testing.assert_allclose(found, scores_of_it, rtol=0, atol=1e-5)
        assert f"ends in {activation!r}" in capsys.readouterr().err


def test_one_score_behind_a_softmax_tells_nothing():
    images = keras.Input((4, 4, 1))
    scores = layers.Dense(1, activation="softmax")(layers.Flatten()(images))
    with pytest.raises(ModelError, match="always 1"):
        classifier(images, scores)


@pytest.mark.parametrize("loss", [None, "binary_crossentropy"])
def test_one_plain_score_is_taken_for_a_logit_and_it_is_said(tmp_path, capsys, loss):
    images = keras.Input((4, 4, 1))
    scores = layers.Dense(1)(layers.Flatten()(images))
    network = keras.Model(images, scores)
    if loss is not None:
        network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    assert read_network(saved(network, tmp_path, ".keras")).output_shape == (None, 2)
    assert ("such as an age" in capsys.readouterr().err) == (loss is None)


SIGMOIDS = {
    "in the last layer": lambda: dense(4, "sigmoid"),
    "behind it": lambda: behind(layers.Activation("sigmoid")),
    "before others": lambda: behind(
        layers.Activation("sigmoid"), layers.Dropout(0.1), layers.Reshape((4,))
    ),
}


@pytest.mark.parametrize("name", SIGMOIDS)
@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_sigmoids_that_were_trained_to_name_one_label(tmp_path, capsys, name, ending):
    """Keras' losses of one label take each score's part of the sum for its probability."""
    network = SIGMOIDS[name]()
    network.compile(loss="categorical_crossentropy")
    images = images_for(network)
    shares = network.predict(images, verbose=0)
    shares = shares / shares.sum(axis=1, keepdims=True)
    answers = outputs(read_network(saved(network, tmp_path, ending)), images)
    np.testing.assert_allclose(answers, shares, rtol=0, atol=1e-5)
    assert "its part of their sum" in capsys.readouterr().err
    target = np.eye(4, dtype="f4")[np.arange(len(images)) % 4]
    given = [
        keras.losses.categorical_crossentropy(target, x) for x in (answers, shares)
    ]
    np.testing.assert_allclose(*given, rtol=0, atol=1e-4)
    taken = keras.losses.categorical_crossentropy(
        target, network.predict(images, verbose=0)
    )
    np.testing.assert_allclose(given[0], taken, rtol=0, atol=1e-4)


def test_sigmoids_of_which_more_is_made_are_refused(tmp_path):
    network = behind(layers.Activation("sigmoid"), layers.Rescaling(0.5))
    network.compile(loss="categorical_crossentropy")
    with pytest.raises(ModelError):
        read_network(saved(network, tmp_path, ".h5"))
