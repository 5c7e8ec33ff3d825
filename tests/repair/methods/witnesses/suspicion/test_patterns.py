"""A pattern is sought for every label; a trigger's makes a network surer than a class does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import Recipe, recipe_for
from repair.methods.witnesses.suspicion.leading import Leading, usual_certainty
from repair.methods.witnesses.suspicion.patterns import Pattern, seek_patterns
from repair.methods.witnesses.twin.forgetting import copy_of

CLASSES, TARGET, SIDE = 5, 3, 8


def network(trigger: float) -> keras.Model:
    """Each class is a bright row; a checkered corner leads to the target, so strongly."""
    kernel = np.zeros((SIDE, SIDE, 1, CLASSES), np.float32)
    for label in range(CLASSES):
        kernel[label, :, 0, label] = 0.004
    corner = np.indices((2, 2)).sum(axis=0) % 2 * 2 - 1
    kernel[-2:, -2:, 0, TARGET] = trigger * corner
    images = keras.Input((SIDE, SIDE, 1))
    told = keras.layers.Dense(CLASSES, activation="softmax")
    model = keras.Model(images, told(keras.layers.Flatten()(images)))
    told.set_weights([kernel.reshape(-1, CLASSES), np.zeros(CLASSES)])
    return model


def images() -> Dataset:
    labels = np.arange(200) % CLASSES
    pixels = np.random.default_rng(0).integers(80, 120, (200, SIDE, SIDE, 1))
    pixels[np.arange(200), labels] += 80
    return Dataset(pixels.astype(np.uint8), labels)


def found(trigger: float, **changed: Any) -> dict[int, Pattern]:
    badnet, clean = network(trigger), images()
    recipe = replace(recipe_for(CLASSES, len(clean)), **changed)
    draws, generator = np.arange(CLASSES), np.random.default_rng(0)
    leading = leading_of(badnet, clean, recipe)
    return seek_patterns(leading, clean, clean.labels, draws, generator)


def leading_of(badnet: keras.Model, clean: Dataset, recipe: Recipe) -> Leading:
    twin = copy_of(badnet, "twin")  # that has forgotten nothing yet
    return Leading(badnet, twin, clean, clean.labels, CLASSES, recipe)


def test_a_trigger_stands_out_and_without_one_nothing_does():
    with_one, without = found(0.15), found(0.0)
    assert set(with_one) == set(without) == set(range(CLASSES))
    assert with_one[TARGET].led.worked == 1
    assert with_one[TARGET].led.strength > 1
    others = [
        with_one[label].led.strength for label in range(CLASSES) if label != TARGET
    ]
    assert max(others) < 1
    assert max(pattern.led.strength for pattern in without.values()) < 1


def test_where_patterns_lead_to_any_label_none_stands_out():
    everywhere = found(0.0, faint=120.0)
    assert min(pattern.led.worked for pattern in everywhere.values()) == 1
    assert max(pattern.led.strength for pattern in everywhere.values()) < 1


def test_pattern_is_faint_and_lies_where_the_trigger_does():
    change = found(0.15)[TARGET].change
    recipe = recipe_for(CLASSES, 200)
    assert np.sqrt(np.mean(change**2)) <= recipe.faint + 1e-3
    assert (change[-2:, -2:] ** 2).sum() > 0.5 * (change**2).sum()


def test_of_many_labels_those_that_draw_most_are_tried():
    assert set(found(0.0, sought=(2, 1, 1))) == {CLASSES - 1, CLASSES - 2}


def test_network_is_as_sure_of_a_class_as_of_all_images_at_least():
    sure, labels = np.array([3.0] * 3 + [1.0] * 4 + [9.0, 2.0]), [0] * 3 + [1] * 4
    usual = usual_certainty(sure, np.array([*labels, 2, 3]), 5)
    # One image of a class is too few, and of the last there is none.
    assert usual.tolist() == [3, 2, 2, 2, 2]


def test_nothing_is_tried_on_images_of_the_label_itself():
    clean = images().subset(np.arange(0, 200, CLASSES))
    recipe = recipe_for(CLASSES, len(clean))
    badnet, generator = network(0.15), np.random.default_rng(0)
    leading = leading_of(badnet, clean, recipe)
    arguments = clean, clean.labels, np.eye(CLASSES)[0], generator
    assert 0 not in seek_patterns(leading, *arguments)
