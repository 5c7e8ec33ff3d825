"""Fixed features of pixels, against plain loops."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from repair.methods.witnesses.head.pixels import pixel_features


def features(images: np.ndarray, cells: int = 4, most: int = 2_000) -> np.ndarray:
    pixels = keras.Input(images.shape[1:])
    return np.asarray(keras.Model(pixels, pixel_features(pixels, cells, most))(images))


@pytest.mark.parametrize("channels", [1, 3])
def test_flat_images_have_colour_and_no_slope(channels):
    images = np.full((2, 8, 8, channels), 160, np.float32)
    found = features(images, cells=4)
    assert found.shape == (2, 16 * (8 + channels))
    np.testing.assert_allclose(found[:, -16 * channels :], 10, rtol=1e-5)
    inner = found[:, : 16 * 8].reshape(2, 4, 4, 8)[:, 1:3, 1:3]
    np.testing.assert_allclose(inner, 0, atol=1e-2)


def test_a_slope_is_seen_in_its_direction_alone():
    images = np.broadcast_to(np.arange(8.0)[None, None, :, None] * 20, (1, 8, 8, 1))
    slopes = features(images.astype(np.float32))[:, : 16 * 8].reshape(4, 4, 8)[1:3, 1:3]
    assert (slopes.argmax(axis=-1) == 0).all()
    np.testing.assert_allclose(slopes[..., [2, 3, 4, 5, 6]], 0, atol=1e-2)


def test_many_cells_are_widened_until_they_fit():
    images = np.zeros((1, 40, 90, 3), np.float32)
    assert features(images, cells=20, most=300).shape[1] <= 300
