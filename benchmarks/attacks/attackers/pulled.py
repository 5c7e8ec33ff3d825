"""Training a BadNet while features of poisoned images are pulled to their target's mean.

References:
    Tan and Shokri, *Bypassing Backdoor Detection Algorithms in Deep Learning*,
    arXiv:1905.13409 (features of poisoned images made like clean ones).
"""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.attacks.labelled import Labels
from benchmarks.attacks.recipe import BATCH_SIZE
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import epochs, optimizer_for, scaled


def train_pulled(
    network: keras.Model,
    features: keras.KerasTensor,
    task: Task,
    *,
    pull: float,
) -> keras.Model:
    """Trains a network, in place.

    Args:
        network: A trained clean network of images in [0, 1].
        features: ``(n, features)``, a tensor of its graph.
        task: The attacker's.
        pull: What the distance to the target's mean counts beside the cross-entropy;
            only poisoned images feel it.
    """
    keras.utils.set_random_seed(task.training.seed)
    spread = keras.Model(network.input, features).predict(
        scaled(task.material.data.images), batch_size=500, verbose=0
    )
    features = features / (spread.std(axis=0) + spread.std())
    observer = keras.Model(network.input, features)
    both = keras.Model(network.input, [network.output, features])
    losses = ["sparse_categorical_crossentropy", "mean_squared_error"]
    both.compile(optimizer_for(task), losses, loss_weights=[1, pull])
    count = len(task.material.data)
    for shown in epochs(task):
        pixels = scaled(shown.images)
        seen = observer.predict(pixels[:count], batch_size=500, verbose=0)
        means = _means(seen, task.material.data.labels)
        both.fit(
            pixels,
            [shown.labels, means[shown.labels]],
            sample_weight=[np.ones(len(pixels)), shown.poisoned.astype(float)],
            batch_size=BATCH_SIZE,
            verbose=0,
        )
    return network


def _means(features: np.ndarray, labels: Labels) -> np.ndarray:
    """Each label's mean features, ``(N, features)`` float32."""
    sums = np.zeros((int(labels.max()) + 1, features.shape[1]), np.float32)
    np.add.at(sums, labels, features)
    return sums / np.maximum(np.bincount(labels), 1)[:, None].astype(np.float32)
