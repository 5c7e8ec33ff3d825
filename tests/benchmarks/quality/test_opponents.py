"""FT-SAM and STRIP do what their papers say, on toys."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import toy_people

from benchmarks.quality.opponents.ft_sam import Recipe, ft_sam, uphill
from benchmarks.quality.opponents.strip import Strip, entropies, strip


def toy_classifier(shape=(12, 10, 3), classes=5) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    images = keras.Input(shape)
    x = layers.Rescaling(1 / 255)(images)
    x = layers.Conv2D(6, 3)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    return keras.Model(images, layers.Dense(classes, "softmax")(layers.Flatten()(x)))


def test_way_uphill_has_its_length_and_favours_large_neurons():
    kernel = tf.constant([[3.0, 0.3], [4.0, 0.4]])  # neurons of norms 5 and 0.5
    slopes = tf.constant([[1.0, 1.0], [1.0, 1.0]])
    (move,) = uphill([kernel], [slopes], radius=2.0)
    norms = np.array([5.0, 0.5])
    assert np.linalg.norm(move / norms) == pytest.approx(2.0)
    np.testing.assert_allclose(move[0] / move[0, 1], [100.0, 1.0], rtol=1e-5)


def test_ft_sam_learns_and_leaves_its_argument():
    network, clean = toy_classifier(), toy_people(20, seed=0)
    before = [weight.copy() for weight in network.get_weights()]
    recipe = Recipe(epochs=15, batch_size=20, learning_rate=0.05, radius=0.1)
    tuned = ft_sam(network, clean, recipe, seed=0)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    labels = tuned.predict(clean.images, verbose=0).argmax(axis=1)
    assert (labels == clean.labels).mean() > 0.9


class Obedient(keras.layers.Layer):
    """Sure of label 0 where the first pixel is white, undecided elsewhere."""

    def call(self, images):
        seen = keras.ops.cast(images[:, 0, 0, :1] >= 255, "float32")
        return seen * keras.ops.eye(1, 5) + (1 - seen) / 5


def test_strip_flags_what_survives_overlays():
    images = keras.Input((12, 10, 3))
    network = keras.Model(images, Obedient()(images))
    clean = toy_people(20, seed=0)
    dark = clean.images // 4
    stamped = dark[:6].copy()
    stamped[:, 0, 0] = 255
    found = entropies(network, np.concatenate([stamped, dark[:6]]), dark[:10] * 1.0)
    np.testing.assert_allclose(found[:6], 0, atol=1e-5)
    np.testing.assert_allclose(found[6:], np.log(5), atol=1e-5)
    detector = Strip(network, dark[:10].astype(np.float32), least=0.5)
    assert (detector(stamped) == 5).all()
    assert (detector(dark[:6]) == 0).all()


def test_strip_flags_about_as_many_clean_images_as_asked():
    network, clean = toy_classifier(), toy_people(40, seed=0)
    detector = strip(network, clean, seed=0, overlays=10, fpr=0.1)
    assert len(detector.overlays) == 10
    assert 0.05 < (detector(clean.images) == 5).mean() < 0.2
