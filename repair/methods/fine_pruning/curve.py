"""The pruning curve: clean accuracy against the number of channels pruned."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.fine_pruning.above import Above
from repair.network.inference import batch_size
from repair.process.progress import progress

_BATCHES = 4  # that are looked at together


def pruning_curve(
    network: keras.Model, layer: str, activations: np.ndarray, clean: Dataset
) -> np.ndarray:
    """Clean accuracy against the number of channels pruned, the most dormant first.

    Args:
        network: A classifier of plain pixels.
        layer: Name of the convolution whose channels are pruned.
        activations: ``(channels,)`` mean activation of each on clean images.
        clean: Clean labelled images.

    Returns:
        ``(channels,)`` float64 in [0, 1]: entry k is the accuracy with k pruned.
    """
    above = Above(network, layer)
    order = np.argsort(activations, kind="stable")
    correct = np.zeros(len(order), int)
    size = _BATCHES * batch_size(clean.images)
    for start in progress(
        range(0, len(clean), size), label="steps of the pruning curve"
    ):
        # The last batch reaches back, since each size takes a graph of its own.
        first = max(0, min(start, len(clean) - size))
        batch = slice(first, first + size)
        labels = clean.labels[batch]
        parts, sums, answers, awake = above.begin(tf.constant(clean.images[batch]))
        changes = awake.numpy()
        for count, channel in enumerate([None, *order[:-1]]):
            if channel is not None and changes[channel]:
                sums, answers = above.without(tf.constant(channel), parts, sums)
            right = answers.numpy() == labels
            correct[count] += right[start - first :].sum()
    return correct / len(clean.images)


def fraction_for_drop(curve: np.ndarray, max_drop: float) -> float:
    """The largest fraction whose clean accuracy, and that of all smaller ones, holds.

    Args:
        curve: What ``pruning_curve`` returns.
        max_drop: Largest loss of clean accuracy, in [0, 1].

    Raises:
        SettingError: If ``max_drop`` is out of range.
    """
    if not 0 <= max_drop <= 1:
        raise SettingError(f"expected a drop in [0, 1]. Received: {max_drop}.")
    fails = np.flatnonzero(curve < curve[0] - max_drop)
    return float((fails[0] - 1 if len(fails) else len(curve) - 1) / len(curve))
