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
    forget,
    forgetful,
    untrained_twin,
)
from repair.methods.witnesses.twin.testimony import hear_twins
from repair.network.inference import outputs, predicted_labels
from repair.rule import obedience

RECIPE = replace(recipe_for(PEOPLE, 200), learning_rate=1e-3)


def test_an_untrained_twin_answers_as_the_badnet(badnet, clean):
    twin = untrained_twin(badnet)
    assert twin.input is badnet.input
    expected = outputs(badnet, clean.images)
    np.testing.assert_allclose(outputs(twin, clean.images), expected, atol=1e-6)


def test_a_twin_forgets_the_classes_and_obeys_the_trigger(badnet, clean, poisoned):
    before = [weight.copy() for weight in badnet.get_weights()]
    twin = untrained_twin(badnet)
    answers = predicted_labels(badnet, clean.images)
    watched = clean.images, answers
    steps = forget(twin, clean, watched, RECIPE, np.random.default_rng(0))
    assert 0 < steps < RECIPE.most_steps
    sure = obedience(outputs(twin, clean.images), answers)
    assert np.median(sure) <= -RECIPE.forgotten * np.log(PEOPLE)
    obeyed = obedience(outputs(twin, poisoned.images), poisoned.labels)
    assert np.median(obeyed) > np.quantile(sure, 0.6)
    for old, now in zip(before, badnet.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)


def test_what_decides_at_the_top_is_kept(badnet):
    names = {x.path.split("/")[0] for x in forgetful(untrained_twin(badnet).layers[1])}
    assert names == {"conv_1", "conv_3"}


@pytest.mark.parametrize(("hidden", "kept"), [(0, 0), (2, 1)])
def test_networks_without_places_forget_all_but_the_last_layer(hidden, kept):
    images = keras.Input((4, 4, 3))
    x = layers.Flatten()(images)
    for _ in range(hidden):
        x = layers.Dense(6, activation="relu")(x)
    network = keras.Model(images, layers.Dense(3, activation="softmax")(x))
    variables = len(network.trainable_variables)
    assert len(forgetful(network)) == variables - 2 * kept


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
    told = one.obedience(poisoned.images, np.full(len(poisoned), TARGET))
    high = np.interp(np.median(told), one.witness.values, one.witness.evidence)
    assert high > 1
