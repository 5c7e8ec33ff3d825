"""Which labels count as targets: what they draw, as far as other images confirm it."""

from __future__ import annotations

import numpy as np
import pytest

from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.suspicion.strength import strength, tried


@pytest.mark.parametrize("num_classes", [2, 6, 10, 43, 500, 1_283])
def test_favourites_are_no_targets_whatever_works_on_others(num_classes):
    recipe = recipe_for(num_classes, 2_000)
    shares = np.zeros(num_classes)
    shares[1] = recipe.natural
    assert strength(shares, {1: 0.1}, recipe)[1] < 1
    assert strength(shares, {}, recipe)[1] < 1


@pytest.mark.parametrize("num_classes", [2, 6, 10])
def test_of_few_classes_weight_must_be_confirmed(num_classes):
    recipe = recipe_for(num_classes, 2_000)
    shares = np.full(num_classes, 0.002)
    shares[1] = 0.006
    assert strength(shares, {1: 0.05}, recipe)[1] < 1
    assert strength(shares, {1: 0.3}, recipe)[1] == pytest.approx(4.5)


def test_weight_is_enough_where_hardly_any_other_label_draws_anything():
    recipe = recipe_for(10, 2_500)
    shares = np.full(10, 0.0001)
    shares[4] = 0.0023
    assert strength(shares, {4: 0.0}, recipe)[4] == pytest.approx(1.35, abs=0.01)
    shares[[1, 7]] = 0.0006
    assert strength(shares, {4: 0.0}, recipe)[4] < 1


def test_what_draws_second_most_must_work_on_some_other_image():
    recipe = recipe_for(5, 200)
    shares = np.array([0.02, 0.015, 0.0, 0.0, 0.0])
    found = strength(shares, {0: 0.0, 1: 0.0}, recipe)
    assert found[0] > 1
    assert found[1] == 0
    assert strength(shares, {0: 0.0, 1: 0.01}, recipe)[1] > 1


def test_of_many_classes_weight_is_enough_if_confirmed_a_little():
    recipe = recipe_for(500, 4_500)
    shares = np.full(500, 4 / 18_000)
    shares[7] = 14 / 18_000
    assert strength(shares, {7: 0.0}, recipe)[7] < 1
    assert 1 < strength(shares, {7: 0.03}, recipe)[7] < 2
    # Much that works on nearly all others counts as it does with few classes.
    assert strength(shares, {7: 0.9}, recipe)[7] == pytest.approx(1.75, abs=0.01)


def test_the_labels_that_draw_most_are_tried():
    recipe = recipe_for(43, 1_254)
    assert tried(np.zeros(43), recipe).tolist() == []
    shares = np.linspace(0, 0.01, 43)
    assert tried(shares, recipe).tolist() == list(range(43 - recipe.tried, 43))
    shares = np.full(43, recipe.confirmed / 2)
    shares[[40, 3]] = recipe.confirmed
    assert tried(shares, recipe).tolist() == [3, 40]
