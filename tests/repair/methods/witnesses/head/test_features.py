"""What the fresh head sees: features against plain numpy, and the network's answer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from toys import SHAPE, random_weights, toy_network

from repair.errors import SettingError
from repair.methods.witnesses.head.features import Kept, SquareRoot, tap
from repair.methods.witnesses.looks.observer import Observer, Seen
from repair.methods.witnesses.recipe import Recipe
from repair.network.inference import outputs

IMAGES = np.random.default_rng(0).integers(0, 256, (23, *SHAPE), np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return random_weights(toy_network())


def look(network: keras.Model, layer: str, images=IMAGES) -> Seen:
    """What an observer sees that stands on a layer."""
    taps = {"head": tap(network, layer, Recipe.max_features)}
    return Observer(network, taps)(images)


def output_of(network: keras.Model, layer: str, images=IMAGES) -> np.ndarray:
    return outputs(keras.Model(network.input, network.get_layer(layer).output), images)


def flat(activations: np.ndarray) -> np.ndarray:
    return activations.reshape(len(activations), -1)


def halved(values: np.ndarray) -> np.ndarray:
    """Means over 2 x 2 places; at an odd edge, over the places that there are."""
    rows, columns = (-(-side // 2) for side in values.shape[1:3])
    means = np.empty((len(values), rows, columns, values.shape[3]), np.float32)
    for row, column in np.ndindex(rows, columns):
        block = values[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        means[:, row, column] = block.mean(axis=(1, 2))
    return means


def convolution(shape: tuple[int, int, int], channels: int, pool: bool) -> keras.Model:
    """A network of one 1 x 1 convolution."""
    images = keras.Input(shape)
    x = layers.Conv2D(channels, 1, activation="relu", name="only")(images)
    if pool:
        x = layers.MaxPooling2D(2, name="pool")(x)
    scores = layers.Dense(3, activation="softmax")(layers.Flatten()(x))
    return random_weights(keras.Model(images, scores))


@pytest.mark.parametrize("count", [1, 23, 300])
def test_labels_and_confidence_are_the_networks_own(network, count):
    images = np.resize(IMAGES, (count, *SHAPE))
    seen = look(network, "conv_3", images)
    labels, confidence = seen.labels, seen.confidence
    scores = outputs(network, images)
    np.testing.assert_array_equal(labels, scores.argmax(axis=1))
    np.testing.assert_allclose(confidence, scores.max(axis=1), rtol=1e-5)
    assert (labels.dtype, confidence.dtype) == (np.int64, np.float32)
    assert labels.shape == confidence.shape == (count,)


def test_features_are_the_input_and_the_root_of_the_output(network):
    features = look(network, "conv_3").features["head"]
    below = flat(output_of(network, "pool_1"))
    above = np.sqrt(flat(output_of(network, "conv_3")))
    np.testing.assert_allclose(features, np.hstack([below, above]), rtol=1e-5)
    assert features.dtype == np.float32
    assert features.shape == (23, 5 * 4 * 6 + 4 * 3 * 8)


def test_pooling_that_follows_is_looked_behind(network):
    features = look(network, "conv_1").features["head"]
    above = np.sqrt(flat(output_of(network, "pool_1")))
    np.testing.assert_allclose(features, np.hstack([flat(IMAGES), above]), rtol=1e-5)


@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize(
    ("shape", "channels"),
    [((8, 8, 3), 4), ((31, 23, 3), 40), ((64, 64, 3), 9), ((2, 2, 600), 3000)],
)
def test_large_layers_are_averaged_until_they_fit(shape, channels, pool):
    network = convolution(shape, channels, pool)
    images = np.random.default_rng(1).integers(0, 256, (2, *shape), np.uint8)
    features = look(network, "only", images).features["head"]
    parts = [images.astype(np.float32)]
    parts += [output_of(network, "pool" if pool else "only", images)]
    for index, part in enumerate(parts):
        while part[0].size > Recipe.max_features and max(part.shape[1:3]) > 1:
            part = halved(part)
        parts[index] = flat(part)
    expected = np.hstack([parts[0], np.sqrt(parts[1])])
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-3)
    assert all(part.shape[1] <= max(Recipe.max_features, channels) for part in parts)


def test_root_keeps_the_sign():
    values = np.array([[-4, -0.0, 0, 0.25, 9, 1e6]], np.float32)
    root = np.asarray(SquareRoot()(values))
    np.testing.assert_allclose(root, [[-2, 0, 0, 0.5, 3, 1000]])


def test_root_announces_its_shape_and_is_restored_from_its_config():
    spec = SquareRoot()(keras.KerasTensor((None, 7), "float32"))
    assert (spec.shape, spec.dtype) == ((None, 7), "float32")
    layer = SquareRoot(name="root")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert isinstance(again, SquareRoot)
    assert again.name == "root"


@pytest.mark.parametrize("layer", ["pool_1", "nowhere", ""])
def test_only_layers_with_weights_can_be_tapped(network, layer):
    with pytest.raises(SettingError, match=r"conv_1, conv_3, fc_1, output\. Received"):
        tap(network, layer, 99)


def test_looking_changes_neither_network_nor_images():
    network = random_weights(toy_network(normalised=True))
    before = [weight.copy() for weight in network.get_weights()]
    images = IMAGES.copy()
    names = [layer.name for layer in network.layers]
    look(network, "conv_3", images)
    np.testing.assert_array_equal(images, IMAGES)
    for old, now in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    assert [layer.name for layer in network.layers] == names


def test_two_observers_of_one_network_see_the_same(network):
    one, other = (look(network, "conv_3").features["head"] for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_pruned_channels_are_gone(network):
    kept = np.array([True, False, True, True, False, False, True, False])
    taps = {"head": tap(network, "conv_3", Recipe.max_features, kept)}
    features = Observer(network, taps)(IMAGES).features["head"]
    below = flat(output_of(network, "pool_1"))
    above = np.sqrt(flat(output_of(network, "conv_3")[..., kept]))
    np.testing.assert_allclose(features, np.hstack([below, above]), rtol=1e-5)


def test_kept_channels_are_restored_from_their_config():
    layer = Kept([0, 2], name="kept")
    assert layer(keras.KerasTensor((None, 5, 3))).shape == (None, 5, 2)
    again = Kept.from_config(layer.get_config())
    values = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_array_equal(again(values), values[..., [0, 2]])
