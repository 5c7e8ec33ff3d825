"""Jitter: what it may change, what it must not, and its geometry shift by shift."""

from __future__ import annotations

import numpy as np
import pytest
from toys import SHAPE

from repair.methods.witnesses.looks import jitter as module
from repair.methods.witnesses.looks.jitter import jitter

SPREADS = ("_DEGREES", "_ZOOM", "_PIXELS", "_LIGHT")
SHAPES = [SHAPE, (55, 47, 3), (7, 30, 3), (1, 1, 3)]


class Scripted:
    """A generator whose normal draws all lie so many standard deviations off."""

    def __init__(self, deviations: float) -> None:
        self.deviations = deviations

    def uniform(self, low, high, size):
        return np.full(size, high, float)

    def normal(self, mean, scale, size):
        return np.full(size, mean + scale * self.deviations)


def some_images(shape=SHAPE, count: int = 20) -> np.ndarray:
    images = np.random.default_rng(5).integers(0, 256, (count, *shape))
    return images.astype(np.float32)


def moved(seed: int, images: np.ndarray, weakest: float = 1.0) -> np.ndarray:
    return jitter(images, np.random.default_rng(seed), weakest)


def only(monkeypatch: pytest.MonkeyPatch, **spreads: float) -> None:
    for name in SPREADS:
        monkeypatch.setattr(module, name, spreads.get(name, 0.0))


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_type_and_range(shape):
    images = some_images(shape)
    changed = moved(0, images)
    assert changed.shape == images.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert (changed != images).any(axis=(1, 2, 3)).all()


def test_same_seed_same_jitter():
    images = some_images()
    np.testing.assert_array_equal(moved(3, images), moved(3, images))
    assert (moved(3, images) != moved(4, images)).any(axis=(1, 2, 3)).all()


def test_arguments_stay_as_they_were():
    images = some_images()
    before = images.copy()
    moved(0, images)
    np.testing.assert_array_equal(images, before)


def test_bytes_and_floats_are_jittered_alike():
    images = some_images()
    changed = moved(1, images.astype(np.uint8))
    np.testing.assert_array_equal(changed, moved(1, images))
    assert changed.dtype == np.float32


def test_equal_images_become_different_ones():
    changed = moved(2, np.repeat(some_images(count=1), 30, axis=0))
    assert len(np.unique(changed.reshape(30, -1), axis=0)) == 30


def test_no_images_give_none():
    assert moved(0, np.empty((0, *SHAPE), np.float32)).shape == (0, *SHAPE)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_spread_changes_nothing(monkeypatch, shape):
    only(monkeypatch)
    images = some_images(shape)
    np.testing.assert_allclose(moved(0, images), images, atol=1e-3)


def test_smaller_weakest_moves_less_and_zero_still_moves():
    images = np.repeat(some_images(count=1), 400, axis=0)
    full, less = (
        np.abs(moved(7, images, weakest) - images).mean() for weakest in (1, 0)
    )
    assert 0 < less < 0.9 * full


def test_strength_lies_between_weakest_and_one(monkeypatch):
    only(monkeypatch, _LIGHT=0.1)
    images = np.full((2000, 1, 1, 3), 100, np.float32)
    scripted = Scripted(1.0)
    scripted.uniform = np.random.default_rng(0).uniform
    light = jitter(images, scripted, 0.5)[:, 0, 0, 0]
    # 100 gains 10 % and 255 * 5 %, 22.75 in all, times the strength.
    strength = (light - 100) / 22.75
    assert 0.5 <= strength.min() < 0.51
    assert 0.99 < strength.max() < 1.0001


@pytest.mark.parametrize("pixels", [1, 2, -1])
def test_whole_shifts_repeat_the_edge(monkeypatch, pixels):
    only(monkeypatch, _PIXELS=float(pixels))
    images = some_images()
    rows = np.clip(np.arange(SHAPE[0]) + pixels, 0, SHAPE[0] - 1)
    columns = np.clip(np.arange(SHAPE[1]) + pixels, 0, SHAPE[1] - 1)
    expected = images[:, rows][:, :, columns]
    np.testing.assert_allclose(jitter(images, Scripted(1)), expected, atol=1e-3)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_go_around_the_centre(monkeypatch, quarters):
    only(monkeypatch, _DEGREES=90.0 * quarters)
    images = some_images((9, 9, 3))
    turned = jitter(images, Scripted(1))
    ways = [
        np.rot90(images, sign * quarters, axes=(1, 2))[:, 1:-1, 1:-1]
        for sign in (1, -1)
    ]
    errors = [np.abs(turned[:, 1:-1, 1:-1] - way).max() for way in ways]
    assert min(errors) < 0.05


@pytest.mark.parametrize("shape", [(9, 9, 3), (5, 13, 3)])
def test_turn_and_zoom_leave_the_centre(monkeypatch, shape):
    only(monkeypatch, _DEGREES=20.0, _ZOOM=0.3)
    images = some_images(shape)
    changed = jitter(images, Scripted(1))
    row, column = shape[0] // 2, shape[1] // 2
    centre = images[:, row, column]
    np.testing.assert_allclose(changed[:, row, column], centre, atol=0.05)
    assert np.abs(changed - images).mean() > 10


@pytest.mark.parametrize("deviations", [-3.0, 1.0, 3.0])
def test_light_is_a_gain_and_an_offset_within_the_range(monkeypatch, deviations):
    only(monkeypatch, _LIGHT=0.2)
    images = some_images()
    gain, offset = 1 + 0.2 * deviations, 25.5 * deviations
    expected = np.clip(images * gain + offset, 0, 255)
    assert (expected == (0 if deviations < 0 else 255)).any()
    np.testing.assert_allclose(
        jitter(images, Scripted(deviations)), expected, atol=0.01
    )
