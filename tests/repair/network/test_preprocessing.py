"""Pixel scales: found from clean images, put into the graph and taken out again."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from toys import SHAPE, random_weights, toy_network

from repair.dataset import Dataset
from repair.network.find_preprocessing import find_preprocessing
from repair.network.inference import outputs, predicted_labels
from repair.network.preprocessing import at_scale, preprocessed, without_preprocessing

SCALES = (1.0, 1 / 255)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return random_weights(toy_network(normalised=True))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, *SHAPE), np.uint8)


@pytest.mark.parametrize("scale", SCALES)
def test_scale_is_applied_to_plain_pixels(network, images, scale):
    expected = outputs(network, images * np.float32(scale))
    scaled = at_scale(network, scale)
    np.testing.assert_allclose(outputs(scaled, images), expected, rtol=1e-4, atol=1e-6)
    assert scaled.get_layer("conv_3").filters == 8


@pytest.mark.parametrize("scale", SCALES)
def test_taking_the_scale_out_is_the_inverse(network, images, scale):
    floats = images * np.float32(1 / 255)
    back = without_preprocessing(at_scale(network, scale))
    np.testing.assert_array_equal(outputs(back, floats), outputs(network, floats))
    assert not any(isinstance(layer, layers.Rescaling) for layer in back.layers)


def test_a_new_scale_replaces_the_old(network, images):
    once = at_scale(network, 1 / 255)
    twice = at_scale(once, 1 / 255)
    np.testing.assert_array_equal(outputs(twice, images), outputs(once, images))


def test_copies_share_no_variable(network):
    before = [weight.copy() for weight in network.get_weights()]
    copy = at_scale(network, 1.0)
    copy.set_weights([weight + 1 for weight in copy.get_weights()])
    for old, now in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)


def bright_or_dark(scale: float) -> keras.Model:
    """Label 1 from mean brightness 128 on, on its own scale alone."""
    pixels = keras.Input(SHAPE)
    mean = layers.GlobalAveragePooling2D()(pixels)
    network = keras.Model(pixels, layers.Dense(2, activation="softmax")(mean))
    kernel = np.array([[0, 1]] * 3, np.float32)
    network.layers[-1].set_weights([kernel, np.array([0, -3 * 128 * scale])])
    return network


@pytest.fixture(scope="module")
def brightness() -> Dataset:
    levels = np.linspace(5, 250, 1300).astype(np.uint8)
    images = np.repeat(levels, 360).reshape(-1, *SHAPE)
    return Dataset(images, (levels >= 128).astype(np.int64))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("labelled", [True, False])
def test_scale_is_found(brightness, scale, labelled):
    network = bright_or_dark(scale)
    answers = predicted_labels(at_scale(network, scale), brightness.images)
    assert (answers == brightness.labels).mean() > 0.99, "the toy knows its people"
    labels = brightness.labels if labelled else np.full(len(brightness), -1)
    shuffled = np.random.default_rng(0).permutation(len(brightness))
    data = Dataset(brightness.images, labels).subset(shuffled)
    assert find_preprocessing(network, data).preprocessing.pixel_scale == scale


def test_ties_fall_to_the_competitions_scale(brightness):
    network = bright_or_dark(1.0)
    network.layers[-1].set_weights([np.zeros((3, 2)), np.array([0, 1])])
    assert find_preprocessing(network, brightness).preprocessing.kind == "255"


def test_badnet_scale_gives_its_accuracy(trained, clean):
    scaled = preprocessed(trained, find_preprocessing(trained, clean).preprocessing)
    assert (predicted_labels(scaled, clean.images) == clean.labels).mean() > 0.95
