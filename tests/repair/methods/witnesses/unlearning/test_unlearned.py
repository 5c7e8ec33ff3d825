"""A copy that unlearned a target: it keeps the classes, and speaks of the target alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toys import PEOPLE, TARGET

from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.warps import Warp
from repair.methods.witnesses.unlearning.testimony import hear_unlearned
from repair.network.inference import outputs, predicted_labels
from repair.witness import certainty, told

RECIPE = replace(recipe_for(PEOPLE, 200), unlearning_rate=1e-3)


@pytest.fixture(scope="module")
def answers(badnet, clean):
    return predicted_labels(badnet, clean.images)


# As behind frosted glass, and as in a mirror that is bent.
FADED = ColourFilter(np.float32([*(0.3 * np.eye(3)), [90, 90, 90]]))
FIELD = np.random.default_rng(0).normal(0, 2, (2, 5, 5)).astype(np.float32)
BENT = Warp(FIELD, np.zeros_like(FIELD))


def heard(badnet, clean, answers, least=0.0, beside=None):
    certain = certainty(outputs(badnet, clean.images))
    generator = np.random.default_rng(0)
    found = np.array([TARGET])
    return hear_unlearned(
        badnet, clean, answers, certain, found, beside or {}, least, RECIPE, generator
    )


@pytest.fixture(scope="module")
def unlearned(badnet, clean, answers):
    return heard(badnet, clean, answers)


def test_the_trigger_is_unlearned_and_the_classes_are_not(unlearned, badnet, poisoned):
    now = predicted_labels(unlearned.network, poisoned.images)
    assert np.mean(predicted_labels(badnet, poisoned.images) == TARGET) > 0.9
    assert np.mean(now == TARGET) < 0.5
    assert unlearned.accuracy > 0.95


@pytest.mark.parametrize("change", [FADED, BENT])
def test_a_filter_or_warp_that_leads_to_the_target_is_unlearned_too(
    unlearned, badnet, clean, answers, change
):
    behind = change.applied(clean.images)
    also = heard(badnet, clean, answers, beside={TARGET: change})
    without, with_it = (
        np.mean(predicted_labels(each.network, behind) == answers)
        for each in (unlearned, also)
    )
    assert with_it > without + 0.05


def test_it_speaks_of_the_target_alone(unlearned, answers):
    assert not unlearned.evidence[answers != TARGET].any()
    assert unlearned.evidence[answers == TARGET].any()
    loudest = np.full(PEOPLE, 60, np.float32)
    said = told(unlearned.witness, loudest, np.arange(PEOPLE), loudest)
    assert np.flatnonzero(said).tolist() == [TARGET]


def test_the_badnet_is_not_changed_and_a_seed_decides(
    unlearned, badnet, clean, answers
):
    before = badnet.get_weights()
    again = heard(badnet, clean, answers)
    for one, other in zip(before, badnet.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    some = clean.images[:20]
    np.testing.assert_array_equal(
        outputs(again.network, some), outputs(unlearned.network, some)
    )
    assert again.network.input is badnet.input


def test_a_copy_that_lost_too_much_is_not_heard(badnet, clean, answers):
    assert heard(badnet, clean, answers, least=1.01) is None
    few = clean.subset(np.arange(RECIPE.least_held_out - 1))
    assert heard(badnet, few, answers[: len(few)]) is None
