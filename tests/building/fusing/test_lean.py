"""Channels that are silent for good are not in the graph; the answers stay."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from toys import SHAPE, random_weights, repaired_by

from build.fusing.fusion import fuse
from build.fusing.lean import without_silent_channels
from repair.methods.fine_pruning.mask import prune
from repair.network.inference import outputs

IMAGES = np.random.default_rng(0).integers(0, 256, (60, *SHAPE), np.uint8)
MASK = np.arange(8) % 3 != 0  # five are kept


@pytest.fixture(scope="module")
def pruned(badnet) -> keras.Model:
    return prune(badnet, "conv_3", MASK)


def test_silent_channels_and_their_listeners_weights_are_gone(badnet, pruned):
    before = [weight.copy() for weight in pruned.get_weights()]
    lean = without_silent_channels(pruned)
    assert lean.get_layer("conv_3").filters == 5
    assert lean.get_layer("fc_1").kernel.shape == (96 * 5 // 8, 16)
    assert [x.name for x in lean.layers] == [x.name for x in pruned.layers]
    removed = 3 * (2 * 2 * 6 + 1) + 96 * 3 // 8 * 16
    assert lean.count_params() == pruned.count_params() - removed
    np.testing.assert_allclose(
        outputs(lean, IMAGES), outputs(pruned, IMAGES), 1e-4, 1e-6
    )
    for old, now in zip(before, pruned.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    assert without_silent_channels(badnet) is badnet


def test_detector_is_smaller_and_answers_alike(badnet, pruned):
    detector = fuse(badnet, repaired_by(pruned))
    removed = pruned.count_params() - without_silent_channels(pruned).count_params()
    assert detector.count_params() == 2 * badnet.count_params() - removed
    answers = detector(IMAGES)
    for name, network in (("original", badnet), ("repaired", pruned)):
        expected = outputs(network, IMAGES).argmax(axis=1)
        np.testing.assert_array_equal(answers[f"{name}_label"], expected)


def network_of(after: list[layers.Layer], activation: str = "relu") -> keras.Model:
    """A convolution of eight channels, what follows it, and a dense layer."""
    images = keras.Input(SHAPE)
    x = layers.Rescaling(1 / 255)(images)
    x = layers.Conv2D(8, 3, activation=activation, name="conv_3")(x)
    for layer in after:
        x = layer(x)
    scores = layers.Dense(5, "softmax", name="output")(layers.Flatten()(x))
    return random_weights(keras.Model(images, scores))


@pytest.mark.parametrize(
    ("after", "activation", "left"),
    [
        ([], "relu", 5),
        ([layers.Conv2D(4, 2, 2, "same", name="conv_4")], "elu", 5),
        ([layers.GlobalAveragePooling2D()], "relu", 5),
        ([layers.AveragePooling2D(2, 1, "same"), layers.ReLU()], "tanh", 5),
        ([], "sigmoid", 8),
        ([layers.BatchNormalization()], "relu", 8),
        ([layers.BatchNormalization(center=False, name="norm")], "relu", 8),
        ([layers.DepthwiseConv2D(2)], "relu", 8),
    ],
)
def test_channels_stay_where_their_silence_is_heard(after, activation, left):
    network = prune(network_of(after, activation), "conv_3", MASK)
    lean = without_silent_channels(network)
    assert lean.get_layer("conv_3").filters == left
    assert (lean is network) == (left == 8)
    np.testing.assert_allclose(
        outputs(lean, IMAGES), outputs(network, IMAGES), 1e-4, 1e-6
    )


def test_normalised_channels_go_where_silence_stays_zero():
    network = prune(
        network_of([layers.BatchNormalization(name="norm")]), "conv_3", MASK
    )
    norm = network.get_layer("norm")
    scale, _, _, variance = norm.get_weights()
    norm.set_weights([scale, scale * 0, scale * 0, variance])
    lean = without_silent_channels(network)
    assert lean.get_layer("norm").gamma.shape == (5,)
    np.testing.assert_allclose(
        outputs(lean, IMAGES), outputs(network, IMAGES), 1e-4, 1e-6
    )


def test_network_that_is_all_silent_is_left_alone():
    silent = prune(network_of([]), "conv_3", np.zeros(8, bool))
    assert without_silent_channels(silent) is silent
