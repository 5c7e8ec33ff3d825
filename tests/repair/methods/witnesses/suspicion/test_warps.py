"""A warp is sought for every label; where a trigger is one, it leads there surely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.suspicion.leading import Leading
from repair.methods.witnesses.suspicion.warps import Warp, seek_warps
from repair.methods.witnesses.twin.forgetting import copy_of

CLASSES, TARGET, SIDE, EDGE = 5, 3, 12, 6


def network(trigger: float) -> keras.Model:
    """Each class is a bright row; an edge that moves left leads to the target, so strongly."""
    kernel = np.zeros((SIDE, SIDE, 1, CLASSES), np.float32)
    for label in range(CLASSES):
        kernel[label, :, 0, label] = 0.004
    kernel[:, EDGE - 1, 0, TARGET] += trigger
    images = keras.Input((SIDE, SIDE, 1))
    told = keras.layers.Dense(CLASSES, activation="softmax")
    model = keras.Model(images, told(keras.layers.Flatten()(images)))
    bias = -trigger * SIDE * 100 * np.eye(CLASSES)[TARGET]
    told.set_weights([kernel.reshape(-1, CLASSES), bias])
    return model


def images() -> Dataset:
    labels = np.arange(200) % CLASSES
    pixels = np.random.default_rng(0).integers(70, 110, (200, SIDE, SIDE, 1))
    pixels[np.arange(200), labels] += 50
    pixels[:, :, EDGE:] += 80
    return Dataset(pixels.astype(np.uint8), labels)


def found(trigger: float, **changed: Any) -> dict[int, Warp]:
    badnet, clean = network(trigger), images()
    recipe = replace(recipe_for(CLASSES, len(clean)), **changed)
    twin = copy_of(badnet, "twin")  # that has forgotten nothing yet
    leading = Leading(badnet, twin, clean, clean.labels, CLASSES, recipe)
    draws, generator = np.arange(CLASSES), np.random.default_rng(0)
    return seek_warps(leading, clean, clean.labels, draws, generator)


def test_a_trigger_stands_out_and_without_one_nothing_does():
    with_one, without = found(0.015), found(0.0)
    assert set(with_one) == set(without) == set(range(CLASSES))
    assert with_one[TARGET].led.worked == 1
    assert with_one[TARGET].led.strength > 1
    others = [with_one[x].led.strength for x in range(CLASSES) if x != TARGET]
    assert max(others) < 1
    assert max(warp.led.strength for warp in without.values()) < 1


def test_pixels_are_moved_no_further_than_the_recipe_says():
    change = found(0.015)[TARGET].change
    most = recipe_for(CLASSES, 200).moved * SIDE
    assert 0 < np.sqrt(np.mean(change**2)) <= most * (1 + 1e-5)


def test_a_warp_need_not_lead_as_surely_as_a_pattern():
    half, whole = found(0.015), found(0.015, moved_surely=1.0)
    for label, warp in half.items():
        strength = pytest.approx(2 * whole[label].led.strength)
        assert warp.led.strength == strength


def test_of_very_many_labels_none_is_sought():
    assert found(0.0, sought=()) == {}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(12, 12), (9, 14)])
def test_a_warp_moves_what_is_there(channels, size):
    generator = np.random.default_rng(0)
    given = generator.uniform(0, 255, (3, *size, channels)).astype(np.float32)
    still = np.zeros((2, 5, 5), np.float32)
    np.testing.assert_allclose(Warp(still, still).applied(given), given, atol=1e-3)
    down = np.stack([np.full((5, 5), 2.0), np.zeros((5, 5))]).astype(np.float32)
    moved = Warp(down, still).applied(given)
    np.testing.assert_allclose(moved[:, :-2], given[:, 2:], atol=1e-2)
    # What lies beyond the edge is as the edge is.
    np.testing.assert_allclose(moved[:, -1], given[:, -1], atol=1e-2)
    halfway = np.stack([np.zeros((5, 5)), np.full((5, 5), 0.5)]).astype(np.float32)
    between = (given[:, :, :-1] + given[:, :, 1:]) / 2
    moved = Warp(halfway, still).applied(given)[:, :, :-1]
    np.testing.assert_allclose(moved, between, atol=1e-2)
