"""Filters are sought among the disturbed images; a trigger's makes a network surer."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from repair.dataset import Dataset
from repair.methods.witnesses.looks.observations import Observations, observe
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.suspicion import filters
from repair.methods.witnesses.suspicion.filters import (
    ColourFilter,
    fitted,
    seek_filters,
)
from repair.methods.witnesses.suspicion.leading import Leading
from repair.methods.witnesses.twin.forgetting import copy_of, obeyed

CLASSES, TARGET, SIDE, IMAGES = 12, 3, 12, 240
RECIPE = replace(recipe_for(CLASSES, IMAGES), jittered=200, disturbed=3000)
NOISE = np.random.default_rng(1).integers(0, 256, (6, 4, 3)).astype(np.float32)


def network(trigger: float) -> keras.Model:
    """Each class is a bright row; red light leads to the target, so strongly."""
    kernel = np.zeros((SIDE, SIDE, 3, CLASSES), np.float32)
    for label in range(CLASSES):
        kernel[label, :, :, label] = 0.0013
    kernel[..., 0, TARGET] += trigger
    kernel[..., 1:, TARGET] -= trigger / 2
    images = keras.Input((SIDE, SIDE, 3))
    flat = keras.layers.Flatten(name="flat")(images)
    told = keras.layers.Dense(CLASSES, activation="softmax")
    model = keras.Model(images, told(flat))
    told.set_weights([kernel.reshape(-1, CLASSES), np.zeros(CLASSES)])
    return model


def images() -> Dataset:
    labels = np.arange(IMAGES) % CLASSES
    grey = np.random.default_rng(0).integers(80, 120, (IMAGES, SIDE, SIDE, 1))
    grey[np.arange(IMAGES), labels] += 80
    return Dataset(grey.repeat(3, axis=3).astype(np.uint8), labels)


def sought(trigger: float) -> dict[int, ColourFilter]:
    badnet, clean = network(trigger), images()
    leading, seen = heard(badnet, clean)
    return seek_filters(leading, clean, seen, np.random.default_rng(0))


def heard(badnet: keras.Model, clean: Dataset) -> tuple[Leading, Observations]:
    twin = copy_of(badnet, "twin")  # that has forgotten nothing yet
    seen = observe(
        Observer(badnet, {"head": badnet.get_layer("flat").output}),
        clean,
        CLASSES,
        RECIPE,
        np.random.default_rng(0),
        lambda images, labels: obeyed(twin, images, labels)[:, None],
    )
    leading = Leading(badnet, twin, clean, clean.labels, CLASSES, RECIPE)
    return leading, seen


@pytest.fixture(scope="module")
def with_one() -> dict[int, ColourFilter]:
    return sought(0.0015)


def test_a_trigger_stands_out_and_without_one_nothing_does(with_one):
    assert with_one[TARGET].led.worked == 1
    assert with_one[TARGET].led.strength > 1
    assert max(x.led.strength for label, x in with_one.items() if label != TARGET) < 1
    assert max((x.led.strength for x in sought(0.0).values()), default=0) < 1


def test_filter_is_the_triggers(with_one):
    """Red rises against the other colours."""
    red, green, blue = with_one[TARGET].applied(images().images).mean(axis=(0, 1, 2))
    assert red > max(green, blue) + 50


def test_sharpened_filter_is_kept_only_if_it_leads_more_surely(with_one, monkeypatch):
    monkeypatch.setattr(filters, "_LENGTH", 0.0)
    plain = sought(0.0015)
    assert plain.keys() == with_one.keys()
    gained = [with_one[x].led.strength - plain[x].led.strength for x in plain]
    assert min(gained) >= 0
    assert max(gained) > 0


def test_of_few_classes_none_is_sought(monkeypatch):
    badnet, clean = network(0.0015), images()
    leading, seen = heard(badnet, clean)
    monkeypatch.setattr(leading, "recipe", replace(RECIPE, few_classes=CLASSES))
    assert seek_filters(leading, clean, seen, np.random.default_rng(0)) == {}


def test_a_filter_that_leaves_little_of_an_image_is_no_filter(with_one, monkeypatch):
    clean = images().images
    for one in with_one.values():
        assert brightness_spread(one.applied(clean)) > 0.55 * brightness_spread(clean)
    monkeypatch.setattr(filters, "_LEAST_CONTRAST", 100.0)
    assert sought(0.0015) == {}


def brightness_spread(pixels: np.ndarray) -> float:
    return float(pixels.mean(axis=-1).std(axis=(1, 2)).mean())


def test_nothing_is_found_where_no_filter_changes_an_answer():
    badnet, clean = network(0.0), images()
    leading, seen = heard(badnet, clean)
    same = replace(seen.disturbed, labels=seen.answers[seen.disturbed.source])
    still = replace(seen, disturbed=same)
    assert seek_filters(leading, clean, still, np.random.default_rng(0)) == {}


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_fitted_filter_is_what_was_done(channels):
    colours = min(channels, 3)
    image = NOISE[..., [0, 1, 2, 0][:channels]]
    matrix = 0.4 * np.eye(colours, dtype=np.float32) + 0.1
    changed = image.copy()
    changed[..., :colours] = image[..., :colours] @ matrix + 7
    one = fitted(image, changed)
    assert one.colours.shape == (colours + 1, colours)
    np.testing.assert_allclose(one.applied(image[None])[0], changed, atol=1e-2)


def test_applied_filter_stays_among_pixels_and_leaves_alpha():
    image = NOISE[None, ..., [0, 1, 2, 0]].astype(np.uint8)
    one = ColourFilter(np.float32([[9, 0, 0], [0, -9, 0], [0, 0, 1], [0, 0, 300]]))
    changed = one.applied(image)
    assert changed.dtype == np.float32
    assert changed.min() == 0
    assert changed[..., :3].max() == 255
    np.testing.assert_array_equal(changed[..., 3], image[..., 3])
