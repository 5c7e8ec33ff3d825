"""Pruning: what sleeps goes, as long as the BadNet knows its clean images."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from repair.methods.fine_pruning.mask import prune
from repair.methods.witnesses.head.dormant import awake_channels
from repair.metrics import clean_accuracy
from repair.network.inference import outputs, predicted_labels


def accuracy(network, clean) -> float:
    return clean_accuracy(predicted_labels(network, clean.images), clean.labels)


def test_clean_accuracy_keeps_within_the_bound(badnet, clean):
    for drop in (0.0, 0.05, 0.5):
        kept = awake_channels(badnet, "conv_3", clean, drop)
        assert kept.dtype == bool
        assert kept.shape == (8,)
        pruned = prune(badnet, "conv_3", kept)
        assert accuracy(pruned, clean) >= accuracy(badnet, clean) - drop


def test_a_larger_bound_prunes_a_superset_the_most_dormant_first(badnet, clean):
    below = keras.Model(badnet.input, badnet.get_layer("conv_3").output)
    activations = outputs(below, clean.images).mean(axis=(0, 1, 2))
    before = np.ones(8, bool)
    for drop in (0.0, 0.1, 0.3, 1.0):
        kept = awake_channels(badnet, "conv_3", clean, drop)
        assert not (kept & ~before).any()
        if kept.any() and not kept.all():
            assert activations[~kept].max() <= activations[kept].min() + 1e-6
        before = kept
    assert before.sum() == 1


def test_a_negative_bound_prunes_nothing(badnet, clean):
    assert awake_channels(badnet, "conv_3", clean, -1.0).all()


def test_nothing_is_pruned_beside_a_branch(badnet, clean):
    images = badnet.input
    side = layers.Dense(5)(layers.Flatten()(images))
    both = layers.Add()([badnet.get_layer("output").output, side])
    network = keras.Model(images, layers.Softmax()(both))
    assert awake_channels(network, "conv_3", clean, 1.0).all()


def test_one_channel_is_left_to_stand_on(clean):
    images = keras.Input(clean.images.shape[1:])
    x = layers.Dense(1, name="narrow")(layers.Flatten()(images))
    network = keras.Model(images, layers.Dense(5, activation="softmax")(x))
    assert awake_channels(network, "narrow", clean, 1.0).tolist() == [True]
