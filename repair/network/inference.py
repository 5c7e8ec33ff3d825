"""Answers of a network on images, in batches."""

from __future__ import annotations

import keras
import numpy as np

BATCH_SIZE = 256


def outputs(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """What a network, or a part of one, makes of images.

    Args:
        network: A Keras model of plain pixels (see ``pixel_scale.at_scale``) with one
            output; for a classifier that is one score per label.
        images: ``(n, rows, columns, channels)`` uint8 or float32, 0..255.

    Returns:
        ``(n, ...)`` float32; ``(n, N)`` for a classifier.
    """
    batches = [
        np.asarray(network(images[start : start + BATCH_SIZE], training=False))
        for start in range(0, len(images), BATCH_SIZE)
    ]
    return np.concatenate(batches)


def predicted_labels(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The label with the highest score, ``(n,)`` int64; the first one on a tie."""
    return np.argmax(outputs(network, images), axis=1)
