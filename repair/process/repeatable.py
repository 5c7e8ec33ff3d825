"""The same seed gives the same weights, whatever command asks."""

from __future__ import annotations

import keras
import tensorflow as tf


def make_repeatable(seed: int) -> None:
    """Seeds Keras, NumPy and Python, and has TensorFlow add numbers in one order.

    Args:
        seed: Of all randomness, at least 0.
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
