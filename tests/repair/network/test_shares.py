"""Answers that are probabilities, whatever they come out of, go through no second softmax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from saved_networks import assert_read_as_keras, images_for, lively, saved

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.network.shares import are_probabilities
from repair.reading.network_file import read_network

SHAPE = (12, 10, 3)


def head(x: Any, units: int = 4, activation: str | None = "softmax") -> Any:
    return layers.Dense(units, activation)(layers.Flatten()(x))


def by_hand(x: Any) -> Any:
    powers = ops.exp(head(x, activation=None))
    return powers / ops.sum(powers, axis=-1, keepdims=True)


def mixture(x: Any) -> Any:
    gate = head(x, 1, "sigmoid")
    return layers.Add()([head(x) * gate, head(x) * (1.0 - gate)])


def experts(x: Any) -> Any:
    product = head(x) * head(x)
    return product / ops.sum(product, axis=-1, keepdims=True)


def of_both_labels(x: Any) -> Any:
    probability = head(x, 1, "sigmoid")
    return layers.Concatenate()([1.0 - probability, probability])


def of_places(x: Any) -> Any:
    x = layers.Conv2D(4, 3, activation="softmax")(x)
    return layers.GlobalAveragePooling2D()(x)


ENDS: dict[str, Callable[[Any], Any]] = {
    "softmax, clipped": lambda x: ops.clip(head(x), 1e-7, 1.0),
    "softmax of places": of_places,
    "mean of a stack": lambda x: ops.mean(
        ops.stack([head(x), head(x), head(x)], axis=-1), axis=-1
    ),
    "softmax by hand": by_hand,
    "product of experts": experts,
    "mixture of experts": mixture,
    "one sigmoid and the rest": of_both_labels,
}


def network(end: Callable[[Any], Any]) -> keras.Model:
    images = keras.Input(SHAPE)
    return lively(keras.Model(images, end(layers.Rescaling(1 / 255)(images))))


@pytest.mark.parametrize("name", ENDS)
def test_probabilities_of_any_end_stay_as_they_are(tmp_path, capsys, name):
    assert_read_as_keras(network(ENDS[name]), tmp_path)
    assert "taken for probabilities" in capsys.readouterr().err


LOGITS: dict[str, Callable[[Any], Any]] = {
    "of places": lambda x: layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(x)),
    "by a temperature": lambda x: head(x, activation=None) / 2.5,
    "of the logarithm": lambda x: ops.log(head(x)),
    "normalised": lambda x: layers.BatchNormalization()(head(x, activation=None)),
}


@pytest.mark.parametrize("name", LOGITS)
def test_logits_of_any_end_stay_logits(tmp_path, capsys, name):
    assert_read_as_keras(network(LOGITS[name]), tmp_path)
    assert "probabilities" not in capsys.readouterr().err


def test_several_sigmoids_side_by_side_are_refused(tmp_path):
    def end(x: Any) -> Any:
        return layers.Concatenate()([head(x, 1, "sigmoid") for _ in range(3)])

    path = saved(network(end), tmp_path, ".keras")
    with pytest.raises(ModelError, match="3 sigmoids"):
        read_network(path)


def test_answers_beyond_all_numbers_tell_nothing():
    """Some of the images tried are on another scale than the network's."""
    images = keras.Input((4, 4, 1))
    powers = ops.exp(layers.Dense(2)(layers.Flatten()(images * 9.0)))
    scores = powers / ops.sum(powers, axis=-1, keepdims=True)
    model = keras.Model(images, scores)
    bright = np.full((1, 4, 4, 1), 255, np.float32)
    model.set_weights([np.full((16, 2), 0.1, "f4"), np.zeros(2, "f4")])
    assert np.isnan(outputs(model, bright)).any()
    assert are_probabilities(images, scores)


def test_known_ends_are_not_tried(monkeypatch):
    images = keras.Input((4, 4, 1))
    monkeypatch.setattr("repair.network.shares.outputs", None)
    for activation in ("softmax", "sigmoid", None):
        assert not are_probabilities(images, head(images, 3, activation))
    assert not are_probabilities(images, head(images, 1, None) * 2.0)


def test_probabilities_that_were_trained_by_a_loss_of_many_labels(tmp_path):
    model = network(of_both_labels)
    model.compile(loss="binary_crossentropy")
    read = read_network(saved(model, tmp_path, ".keras"))
    given = images_for(model)
    expected = model.predict(given, verbose=0)
    np.testing.assert_allclose(outputs(read, given), expected, rtol=0, atol=1e-6)
