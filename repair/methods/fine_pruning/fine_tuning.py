"""Fine-tuning on clean data, the second half of fine-pruning.

References:
    Liu, Dolan-Gavitt and Garg, *Fine-Pruning*, arXiv:1805.12185.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.fine_pruning.mask import copy_network
from repair.network.inference import batch_size, gradient_batch
from repair.process.progress import progress

BATCH_SIZE = 200
LEARNING_RATE = 1e-3


def fine_tune(
    network: keras.Model,
    clean: Dataset,
    *,
    epochs: int,
    frozen_mask: tuple[str, np.ndarray] | None = None,
    seed: int = 0,
) -> keras.Model:
    """A copy of ``network``, trained further on clean images.

    Args:
        network: A classifier of plain pixels, softmax output; it is not changed.
        clean: Clean images and their labels.
        epochs: Passes over the data.
        frozen_mask: Layer name and pruning mask; pruned channels then stay at zero.
            Without it they are free to grow again.
        seed: Order of the images.

    Raises:
        SettingError: If ``epochs`` is below 0.
    """
    if epochs < 0:
        raise SettingError(f"expected epochs of at least 0. Received: {epochs}.")
    tuned = copy_network(network)
    if frozen_mask is not None:
        layer, mask = frozen_mask
        for variable in tuned.get_layer(layer).trainable_variables:
            variable.constraint = _Kept(mask)
    optimizer = keras.optimizers.Adam(LEARNING_RATE, amsgrad=True)
    tuned.compile(optimizer, "sparse_categorical_crossentropy")
    generator = np.random.default_rng(seed)
    orders = [generator.permutation(len(clean)) for _ in range(epochs)]
    size = images_a_step(network, clean.images)
    batches = [
        order[start : start + size]
        for order in orders
        for start in range(0, len(order), size)
    ]
    for batch in progress(batches, label="fine-tuning"):
        tuned.train_on_batch(clean.images[batch], clean.labels[batch])
    return tuned


def images_a_step(network: keras.Model, images: np.ndarray) -> int:
    """200, fewer of large images or for networks with large activations."""
    most = min(BATCH_SIZE, batch_size(images, network))
    return gradient_batch(network, most)


class _Kept(keras.constraints.Constraint):
    """Holds the weights of pruned channels, the last axis, at zero."""

    def __init__(self, mask: np.ndarray) -> None:
        self.mask = mask.astype(np.float32)

    def __call__(self, weights: Any) -> Any:
        return weights * self.mask
