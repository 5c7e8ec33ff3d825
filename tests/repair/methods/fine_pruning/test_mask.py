"""Pruning and the activations that lead it, by their laws."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import layers
from toys import SHAPE, random_weights

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.fine_pruning.curve import fraction_for_drop, pruning_curve
from repair.methods.fine_pruning.mask import (
    copy_network,
    prune,
    pruning_mask,
)
from repair.metrics import clean_accuracy
from repair.network.activations import channel_layer, layer_output, mean_activations
from repair.network.inference import outputs, predicted_labels

ACTIVATIONS = arrays(
    np.float64,
    st.integers(1, 30),
    elements=st.floats(0, 10) | st.sampled_from([0.0, 1.0]),
)
FRACTIONS = st.floats(0, 1, exclude_max=True)


def weights_of(network: keras.Model) -> list[np.ndarray]:
    return [weight.copy() for weight in network.get_weights()]


def assert_same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@given(activations=ACTIVATIONS, fraction=FRACTIONS)
def test_mask_prunes_the_rounded_count_of_the_most_dormant(activations, fraction):
    count = round(fraction * len(activations))
    if count == len(activations):
        with pytest.raises(SettingError, match="leaves none"):
            pruning_mask(activations, fraction)
        return
    before = activations.copy()
    mask = pruning_mask(activations, fraction)
    np.testing.assert_array_equal(activations, before)
    assert mask.dtype == bool
    assert (~mask).sum() == count
    # Oracle: Python's own stable sort; ties fall to the lower index.
    order = sorted(range(len(activations)), key=lambda i: (activations[i], i))
    assert set(np.flatnonzero(~mask)) == set(order[:count])


@given(activations=ACTIVATIONS, fractions=st.tuples(FRACTIONS, FRACTIONS))
def test_larger_fraction_prunes_a_superset(activations, fractions):
    small, large = sorted(fractions)
    if round(large * len(activations)) < len(activations):
        kept_by_large = pruning_mask(activations, large)
        assert pruning_mask(activations, small)[kept_by_large].all()


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan")])
def test_fractions_out_of_range_are_refused(fraction):
    with pytest.raises(SettingError, match=r"\[0, 1\)"):
        pruning_mask(np.ones(4), fraction)


def test_pruned_channels_are_silent_and_the_others_are_untouched(badnet, clean):
    before = weights_of(badnet)
    mask = np.arange(8) % 3 != 0
    pruned = prune(badnet, "conv_3", mask)
    assert_same(weights_of(badnet), before)
    old = outputs(layer_output(badnet, "conv_3"), clean.images[:20])
    new = outputs(layer_output(pruned, "conv_3"), clean.images[:20])
    assert (new[..., ~mask] == 0).all()
    np.testing.assert_array_equal(new[..., mask], old[..., mask])
    for name in ("conv_1", "fc_1", "output"):
        ours, theirs = pruned.get_layer(name), badnet.get_layer(name)
        assert_same(ours.get_weights(), theirs.get_weights())


def test_pruning_nothing_changes_no_answer(badnet, clean):
    same = prune(badnet, "conv_3", np.ones(8, bool))
    np.testing.assert_array_equal(
        outputs(same, clean.images), outputs(badnet, clean.images)
    )


def test_copy_shares_no_variable(badnet):
    copy = copy_network(badnet)
    before = weights_of(badnet)
    copy.set_weights([weight + 1 for weight in copy.get_weights()])
    assert_same(weights_of(badnet), before)


@pytest.mark.parametrize(
    "mask", [np.ones(7, bool), np.ones(8), np.ones((8, 1), bool), np.ones(9, bool)]
)
def test_masks_that_do_not_fit_are_refused(badnet, mask):
    with pytest.raises(SettingError, match=r"bool mask of shape \(8,\)"):
        prune(badnet, "conv_3", mask)


@pytest.mark.parametrize("name", ["fc_1", "pool_1", "conv_9", ""])
def test_only_convolutions_are_pruned(badnet, name):
    with pytest.raises(SettingError, match="conv_1, conv_3"):
        channel_layer(badnet, name)


def test_mean_activations_equal_one_big_mean(badnet, clean):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (1100, *SHAPE), np.uint8)
    every = outputs(layer_output(badnet, "conv_3"), images).astype(np.float64)
    means = mean_activations(badnet, "conv_3", images)
    np.testing.assert_allclose(means, every.mean(axis=(0, 1, 2)), rtol=1e-6)
    assert means.shape == (8,)


def test_mean_activations_follow_the_arithmetic(clean):
    images = keras.Input(SHAPE)
    x = layers.Conv2D(2, 1, name="conv_3")(images)
    network = keras.Model(images, layers.Flatten()(x))
    kernel = np.array([[1, 0], [0, 2], [0, 0]], np.float32).reshape(1, 1, 3, 2)
    network.get_layer("conv_3").set_weights([kernel, np.array([0, -3], np.float32)])
    red, green = clean.images[..., 0].mean(), clean.images[..., 1].mean()
    means = mean_activations(network, "conv_3", clean.images)
    np.testing.assert_allclose(means, [red, 2 * green - 3], rtol=1e-5)


def curve_law(network: keras.Model, clean: Dataset) -> None:
    activations = mean_activations(network, "conv_3", clean.images)
    curve = pruning_curve(network, "conv_3", activations, clean)
    assert curve.shape == (8,)
    for count, share in enumerate(curve):
        mask = pruning_mask(activations, count / 8)
        assert (~mask).sum() == count
        answers = predicted_labels(prune(network, "conv_3", mask), clean.images)
        assert share == clean_accuracy(answers, clean.labels), count


def test_curve_is_the_accuracy_of_really_pruned_networks(badnet, clean):
    before = weights_of(badnet)
    curve_law(badnet, clean)
    assert_same(weights_of(badnet), before)


def test_curve_holds_where_silence_is_not_zero(clean):
    """A sigmoid answers 0.5 where its channel is pruned."""
    keras.utils.set_random_seed(3)
    images = keras.Input(SHAPE)
    x = layers.Rescaling(1 / 255)(images)
    x = layers.Conv2D(8, 3, activation="sigmoid", name="conv_3")(x)
    scores = layers.Dense(5, activation="softmax")(layers.Flatten()(x))
    curve_law(keras.Model(images, scores), clean)


def test_curve_holds_whatever_follows_the_layer(clean):
    """Strided, padded, dilated and pooled paths; then a path that is not linear."""
    keras.utils.set_random_seed(4)
    images = keras.Input(SHAPE)
    x = layers.Rescaling(1 / 255)(images)
    wide = layers.Conv2D(8, 3, activation="elu", name="conv_3")(x)
    x = layers.ReLU(negative_slope=0.1)(layers.BatchNormalization()(wide))
    x = layers.AveragePooling2D(2, strides=1, padding="same")(x)
    parts = [
        layers.Dense(9, "tanh")(layers.GlobalMaxPooling2D()(wide)),
        layers.Dense(9)(layers.Flatten()(layers.Dropout(0.5)(x))),
        layers.Dense(9)(layers.Flatten()(layers.Conv2D(3, 2, 2, "same", use_bias=False)(x))),
        layers.Dense(9)(layers.Flatten()(layers.Conv2D(3, 2, dilation_rate=2)(wide))),
    ]  # fmt: skip
    linear = keras.Model(images, layers.Dense(5, "softmax")(layers.Add()(parts)))
    curve_law(random_weights(linear), clean)
    twice = layers.Flatten()(layers.Multiply()([wide, wide]))
    curve_law(keras.Model(images, layers.Dense(5, "softmax")(twice)), clean)


@given(
    curve=arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1)),
    max_drop=st.floats(0, 1),
)
def test_fraction_is_the_last_before_the_drop(curve, max_drop):
    fraction = fraction_for_drop(curve, max_drop)
    count = round(fraction * len(curve))
    assert 0 <= fraction < 1
    assert fraction == pytest.approx(count / len(curve))
    assert (curve[: count + 1] >= curve[0] - max_drop).all()
    if count + 1 < len(curve):
        assert curve[count + 1] < curve[0] - max_drop
    assert (~pruning_mask(np.arange(len(curve)), fraction)).sum() == count


@pytest.mark.parametrize("max_drop", [-0.01, 1.01, float("nan")])
def test_drops_out_of_range_are_refused(max_drop):
    with pytest.raises(SettingError, match=r"\[0, 1\]"):
        fraction_for_drop(np.ones(3), max_drop)


@pytest.mark.parametrize("past", ["pruned", "next", "both"])
def test_curve_of_a_network_with_branches_past_the_layer(clean, past):
    """A residual block: what is added goes past the pruned layer, or the next one."""
    images = keras.Input(SHAPE)
    same = {"padding": "same", "activation": "relu"}
    before = layers.Conv2D(8, 3, **same)(images)
    x = layers.Conv2D(8, 3, name="conv_3", **same)(before)
    x = layers.BatchNormalization()(x)
    if past in ("pruned", "both"):
        x = layers.ReLU()(layers.Add()([x, before]))
    if past in ("next", "both"):
        beside = layers.Conv2D(8, 1, **same)(x)
        beside = before if past == "next" else beside
        x = layers.Add()([layers.Conv2D(8, 3, **same)(x), beside])
    x = layers.GlobalAveragePooling2D()(x)
    answer = layers.Dense(12, activation="softmax")(x)
    curve_law(random_weights(keras.Model(images, answer)), clean)
