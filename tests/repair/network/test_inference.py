"""How many images go through a network together: bounded by what that takes."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from toys import toy_network

from repair.errors import ModelError
from repair.network.inference import (
    batch_size,
    gradient_batch,
    labels_by_network,
    outputs,
    sound_labels,
)

KEYS = ("label", "original_label", "repaired_label")


def enlarging(side: int) -> keras.Model:
    """Brings small images to a large size within, in a network of its own."""
    pixels = keras.Input((side, side, 3))
    inner = keras.Model(pixels, layers.Conv2D(32, 3, padding="same")(pixels))
    images = keras.Input((32, 32, 3))
    x = inner(layers.Resizing(side, side)(images))
    return keras.Model(images, layers.GlobalAveragePooling2D()(x))


def images(side: int) -> np.ndarray:
    return np.zeros((1, side, side, 3), np.uint8)


def test_small_images_go_together():
    assert batch_size(images(32)) == 256
    assert batch_size(images(32), enlarging(32)) == 256
    assert gradient_batch(toy_network(), 128) == 128


def test_large_images_and_large_activations_go_in_few():
    assert batch_size(images(224)) == 20
    network = enlarging(512)  # 38 MiB an image at once, 70 in all
    assert batch_size(images(32), network) == 20
    assert gradient_batch(network, 128) == 10
    assert batch_size(images(1024), network) == 1


def test_answers_do_not_depend_on_it():
    rng = np.random.default_rng(0)
    given = rng.integers(0, 256, (20, 32, 32, 3), np.uint8)
    network = enlarging(512)
    together = np.asarray(network(given[:2], training=False))
    np.testing.assert_allclose(outputs(network, given)[:2], together, atol=1e-3)


def test_a_detector_of_keras_is_asked_in_batches_that_fit_it():
    network = enlarging(512)
    sizes = []

    def detector(batch: np.ndarray) -> dict[str, np.ndarray]:
        sizes.append(len(batch))
        return {key: np.zeros(len(batch), np.int64) for key in KEYS}

    given = np.zeros((40, 32, 32, 3), np.uint8)
    labels_by_network(detector, given)
    assert sizes == [40]
    answers = labels_by_network(detector, given, network)
    assert sizes[1:] == [20, 20]
    assert len(answers["detector"]) == 40


def test_scores_that_are_no_numbers_are_told_by_their_image():
    pixels = keras.Input((2, 2, 1))
    mean = layers.GlobalAveragePooling2D()(pixels)
    network = keras.Model(pixels, layers.Concatenate()([mean / mean, mean - 1]))
    given = np.ones((6, 2, 2, 1), np.uint8)
    assert sound_labels(Path("a.h5"), network, given).tolist() == [0] * 6
    given[3] = 0
    with pytest.raises(ModelError, match=r"a\.h5: .*NaN for 1 of 6 .* image 3\."):
        sound_labels(Path("a.h5"), network, given)
