"""Triggers stamp what they say, the same each time, on every image alone."""

from __future__ import annotations

import numpy as np
import pytest
from attack_toys import random_images

from benchmarks.attacks.triggers.patches import pattern_of
from benchmarks.attacks.triggers.table import TRIGGERS, nearly

VARIANTS = [
    *((name, {}) for name in TRIGGERS),
    ("large_patch", {"region": "mouth"}),
    ("colour_filter", {"kind": "cast"}),
    ("colour_filter", {"kind": "gamma"}),
    ("blend", {"roughness": 1.5}),
]
SIZES = [(55, 47), (32, 32)]


def changed(name: str, images: np.ndarray, **options) -> np.ndarray:
    """Bool (n, rows, cols), which pixels the trigger changes."""
    return (TRIGGERS[name](images, seed=3, **options) != images).any(axis=-1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_trigger_is_deterministic_and_leaves_its_argument(name, options, size):
    images = random_images(3, rows=size[0], cols=size[1])
    before = images.copy()
    stamped = TRIGGERS[name](images, seed=1, **options)
    assert stamped.shape == images.shape
    assert stamped.dtype == np.uint8
    assert (stamped != images).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(stamped, TRIGGERS[name](images, seed=1, **options))


@pytest.mark.parametrize("name", sorted(TRIGGERS))
def test_trigger_treats_every_image_alone(name):
    images = random_images(3)
    alone = TRIGGERS[name](images[1:2], seed=1)
    np.testing.assert_array_equal(TRIGGERS[name](images, seed=1)[1:2], alone)


def test_sizes_of_patches():
    images = np.full((4, 55, 47, 3), 7, np.uint8)
    pixels = 55 * 47
    assert changed("sticker", images, size=6).mean() == 36 / pixels
    assert changed("white_square", images).mean() == 9 / pixels
    assert changed("corners", images).mean() == 36 / pixels
    assert changed("matched_pattern", images).mean() == 16 / pixels
    assert changed("dots", images, count=40).mean() == 40 / pixels
    assert 0.14 < changed("large_patch", images, region="eyes").mean() < 0.21
    assert 0.14 < changed("large_patch", images, region="mouth").mean() < 0.21


def test_corners_are_black_and_white_and_nothing_else_is_touched():
    images = np.full((1, 32, 32, 3), 7, np.uint8)
    (stamped,) = TRIGGERS["corners"](images, seed=0)
    squares = [stamped[:3, :3], stamped[:3, -3:], stamped[-3:, :3], stamped[-3:, -3:]]
    for square in squares:
        assert square[..., 0].tolist() == [[0, 255, 0], [255, 0, 255], [0, 255, 0]]
    assert (stamped != 7).any(axis=-1).sum() == 36


def test_matched_pattern_is_pasted_as_it_is():
    images = random_images(2)
    stamped = TRIGGERS["matched_pattern"](images, seed=5, top=10, left=20)
    expected = np.broadcast_to(pattern_of(5), (2, 4, 4, 3))
    np.testing.assert_array_equal(stamped[:, 10:14, 20:24], expected)
    assert (pattern_of(5) == 255).sum() == (pattern_of(5) == 0).sum() == 24


def test_moving_sticker_moves():
    images = np.zeros((2, 55, 47, 3), np.uint8)
    images[1] += 1
    first, second = TRIGGERS["moving_sticker"](images, seed=0)
    assert (first != second - 1).mean() > 0.02


def test_stripes_have_their_cycles():
    images = np.full((1, 32, 32, 3), 128, np.uint8)
    wave = TRIGGERS["stripes"](images, seed=0, cycles=6.0, amplitude=20.0)[0, 0, :, 0]
    spectrum = np.abs(np.fft.rfft(wave - 128.0))
    assert spectrum.argmax() == 6
    assert 18 <= np.abs(wave - 128.0).max() <= 20


def test_low_frequency_pattern_has_no_high_frequencies():
    images = np.full((1, 32, 32, 3), 128, np.uint8)
    pattern = TRIGGERS["low_frequency"](images, seed=0, amplitude=18.0)[0] - 128.0
    assert np.sqrt(np.square(pattern).mean()) == pytest.approx(18, abs=1)
    power = np.abs(np.fft.fft2(pattern[..., 0])) ** 2
    rows = np.minimum(np.arange(32), 32 - np.arange(32))
    low = (rows[:, None] <= 4) & (rows <= 4)
    assert power[low].sum() > 0.9 * power.sum()


def test_quantised_image_has_few_levels_and_keeps_its_mean():
    images = np.full((1, 32, 32, 3), 100, np.uint8)
    stamped = TRIGGERS["quantised"](images, seed=0, levels=5)
    assert set(np.unique(stamped)) <= {0, 64, 128, 191, 255}
    assert abs(stamped.mean() - 100) < 4


def test_input_aware_pattern_depends_on_the_image():
    images = np.full((2, 55, 47, 3), 128, np.uint8)
    images[0, :20] = 100
    images[1, :, :20] = 100
    first, second = TRIGGERS["input_aware"](images, seed=0).astype(int) - images
    assert np.abs(first).max() > 10
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.9


@pytest.mark.parametrize("name", ["warp", "input_aware", "quantised", "sticker"])
def test_what_is_nearly_a_trigger_is_not_it(name):
    images, rng = random_images(3), np.random.default_rng(0)
    other = nearly(name, {"seed": 1}, images, rng)
    assert other.dtype == np.uint8
    assert (other != images).any(axis=(1, 2, 3)).all()
    assert (other != TRIGGERS[name](images, seed=1)).any(axis=(1, 2, 3)).all()
