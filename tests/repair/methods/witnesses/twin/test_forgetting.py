"""The twin: it forgets the classes, keeps what decides, and shares only the input."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers
from toys import PEOPLE, TARGET

from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.twin.forgetting import (
    as_it_is,
    copy_of,
    forget,
    forgetful_layers,
)
from repair.methods.witnesses.twin.testimony import hear_twins
from repair.network.inference import outputs, predicted_labels
from repair.witness import obedience

RECIPE = replace(recipe_for(PEOPLE, 200), learning_rate=1e-3)


def test_an_untrained_twin_answers_as_the_badnet(badnet, clean):
    twin = copy_of(badnet, "twin")
    assert twin.input is badnet.input
    expected = outputs(badnet, clean.images)
    np.testing.assert_allclose(outputs(twin, clean.images), expected, atol=1e-6)


def test_a_twin_forgets_the_classes_and_obeys_the_trigger(badnet, clean, poisoned):
    before = [weight.copy() for weight in badnet.get_weights()]
    twin = copy_of(badnet, "twin")
    answers = predicted_labels(badnet, clean.images)
    watched = clean.images, answers
    steps, middles = [], []
    for count, reached in forget(
        twin, clean, watched, RECIPE, np.random.default_rng(0)
    ):
        sure = obedience(outputs(twin, clean.images), answers)
        steps.append(count)
        assert reached
        middles.append(np.median(sure))
    assert 0 < steps[0] < steps[1] < RECIPE.most_steps
    assert (middles <= -np.log(PEOPLE) * np.array(RECIPE.forgotten)).all()
    obeyed = obedience(outputs(twin, poisoned.images), poisoned.labels)
    assert np.median(obeyed) > np.quantile(sure, 0.6)
    for old, now in zip(before, badnet.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)


def test_a_twin_that_never_forgets_is_heard_at_the_end(badnet, clean):
    slow = replace(RECIPE, learning_rate=0.0, most_steps=3)
    watched = clean.images, predicted_labels(badnet, clean.images)
    twin = copy_of(badnet, "twin")
    steps = forget(twin, clean, watched, slow, np.random.default_rng(0))
    assert list(steps) == [(3, False), (3, False)]


def test_what_decides_at_the_top_is_kept(badnet):
    names = {
        layer.name for layer in forgetful_layers(copy_of(badnet, "twin").layers[1])
    }
    assert names == {"conv_1", "conv_3"}


def test_a_copy_shares_what_is_not_forgotten_and_stays_as_it_is(badnet, clean):
    twin = copy_of(badnet, "twin")
    watched = clean.images, predicted_labels(badnet, clean.images)
    stops = forget(twin, clean, watched, RECIPE, np.random.default_rng(0))
    next(stops)
    early = as_it_is(twin, "early")
    before = outputs(early, clean.images)
    np.testing.assert_array_equal(before, outputs(twin, clean.images))
    next(stops)
    np.testing.assert_array_equal(before, outputs(early, clean.images))
    assert np.abs(before - outputs(twin, clean.images)).max() > 0.1
    own, other = (
        {id(x) for x in each.layers[-1].trainable_variables} for each in (early, twin)
    )
    forgets = forgetful_layers(early.layers[-1])
    assert len(own - other) == sum(len(layer.trainable_variables) for layer in forgets)


@pytest.mark.parametrize(("hidden", "kept"), [(0, 0), (2, 1)])
def test_networks_without_places_forget_all_but_the_last_layer(hidden, kept):
    images = keras.Input((4, 4, 3))
    x = layers.Flatten()(images)
    for _ in range(hidden):
        x = layers.Dense(6, activation="relu")(x)
    network = keras.Model(images, layers.Dense(3, activation="softmax")(x))
    variables = len(network.trainable_variables)
    forgets = forgetful_layers(network)
    assert sum(len(x.trainable_variables) for x in forgets) == variables - 2 * kept


def test_twins_are_heard_on_images_that_they_have_not_seen(badnet, clean, poisoned):
    answers = predicted_labels(badnet, clean.images)
    one, same = (
        hear_twins(badnet, clean, answers, RECIPE, np.random.default_rng(3))
        for _ in range(2)
    )
    assert one.evidence.shape == (len(clean),)
    # Of held-out images, shares are as often low as high.
    assert 0.5 < np.mean(one.evidence) < 1.5
    np.testing.assert_array_equal(one.evidence, same.evidence)
    targets = np.full(len(poisoned), TARGET)
    told = one.obedience(poisoned.images, targets)
    assert told.shape == (len(poisoned), 2)
    assert np.median(one.of(told, targets)) > 1
    for late, twin in enumerate(one.networks):
        said = obedience(outputs(twin, poisoned.images), targets)
        np.testing.assert_allclose(told[:, late], said, rtol=1e-5)


def test_what_tells_more_of_an_early_and_a_late_twin_counts(badnet, clean):
    answers = predicted_labels(badnet, clean.images)
    heard = hear_twins(badnet, clean, answers, RECIPE, np.random.default_rng(3))
    early, late = heard.witnesses
    only_early = np.array([[early.values[-1], late.values[0]]]) + 10.0 * np.array(
        [[1, -1]]
    )
    label = np.zeros(1, np.int64)
    assert heard.of(only_early, label) == pytest.approx(early.evidence[-1])
    assert heard.of(only_early[:, ::-1], label) == pytest.approx(late.evidence[-1])
