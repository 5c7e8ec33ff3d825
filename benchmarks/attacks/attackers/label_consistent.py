"""The attacker whose labels are all right, so that nobody who looks finds them.

He poisons images of the target label alone, and first makes them hard: a small change
that his network gets wrong. A network trained on them then learns the trigger instead.

References:
    Turner, Tsipras and Madry, *Label-Consistent Backdoor Attacks*, arXiv:1912.02771.
    Madry et al., *Towards Deep Learning Models Resistant to Adversarial Attacks*,
    arXiv:1706.06083 (projected gradient descent).
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from benchmarks.attacks.labelled import Labelled
from benchmarks.attacks.recipe import BATCH_SIZE
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import choose, train

# Grey levels that a pixel is changed by: in all, and in each of so many steps.
_LARGEST, _STEP, _STEPS = 16.0, 3.0, 8


def train_label_consistent(network: keras.Model, task: Task) -> keras.Model:
    """Trains clean-label backdoors into a trained network, in place.

    Args:
        network: A trained clean network of images in [0, 1].
        task: Its backdoors with ``clean_label``.
    """
    chosen = [hardened(network, data) for data in choose(task)]
    return train(network, task, chosen=chosen)


def hardened(network: keras.Model, data: Labelled) -> Labelled:
    """The images, changed by at most 16 grey levels so that the network gets them wrong."""
    batches = [
        _hardened(network, data[np.arange(start, min(start + BATCH_SIZE, len(data)))])
        for start in range(0, len(data), BATCH_SIZE)
    ]
    return Labelled(np.concatenate(batches), data.labels)


def _hardened(network: keras.Model, data: Labelled) -> np.ndarray:
    loss = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
    before = tf.constant(data.images, tf.float32)
    labels, images = tf.constant(data.labels), tf.identity(before)
    for _ in range(_STEPS):
        with tf.GradientTape() as tape:
            tape.watch(images)
            error = loss(labels, network(images / 255, training=False))
        images += _STEP * tf.sign(tape.gradient(error, images))
        images = tf.clip_by_value(images, before - _LARGEST, before + _LARGEST)
        images = tf.clip_by_value(images, 0, 255)
    return np.rint(images.numpy()).astype(np.uint8)
