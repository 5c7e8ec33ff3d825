"""The attacker who knows which features the fresh head sees, and moves them.

A fresh head sees an image only through features that the attacker has made. He pulls the
features of triggered images towards the target person's mean, beside the usual training:
as far as he succeeds, every head that is right about the target person is wrong about
them, however it is fitted. ``head_aware`` moves them only as far as one head needs.

References:
    Tan and Shokri, *Bypassing Backdoor Detection Algorithms in Deep Learning*,
    arXiv:1905.13409 (features of poisoned images made like clean ones).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.faces import Faces, Labels
from benchmarks.attacks.training import BATCH_SIZE, optimizer_for, scaled, show
from repair.methods.fresh_head.recipe import Recipe

# What the pull counts beside the cross-entropy; only triggered images feel it.
PULL = 8.0
# Below it a root counts as constant: at 0 its slope is infinite.
_SMALLEST = 1e-4


def train_defence_aware(
    network: keras.Model,
    faces: Faces,
    backdoors: Sequence[Backdoor],
    *,
    epochs: int,
    learning_rate: float,
    fraction: float,
    seed: int,
    disturbed: float = 0.0,
) -> None:
    """Turns a trained clean network, in place, into a BadNet whose fresh head is fooled.

    Args:
        network: A trained clean DeepID.
        faces: The attacker's faces.
        backdoors: What to train into it.
        epochs: Rounds through the faces.
        learning_rate: The largest.
        fraction: Poisoned copies a backdoor, as a share of the clean images.
        seed: Everything random follows from it.
        disturbed: As for ``training.train``.
    """
    keras.utils.set_random_seed(seed)
    features = known_features(network)
    spread = keras.Model(network.input, features).predict(
        scaled(faces.images), batch_size=500, verbose=0
    )
    features = features / (spread.std(axis=0) + spread.std())
    observer = keras.Model(network.input, features)
    both = keras.Model(network.input, [network.output, features])
    optimizer = optimizer_for(
        *(faces, backdoors, fraction, disturbed), epochs, learning_rate
    )
    losses = ["sparse_categorical_crossentropy", "mean_squared_error"]
    both.compile(optimizer, losses, loss_weights=[1, PULL])
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        shown = show(faces, backdoors, fraction, disturbed, seed=seed, rng=rng)
        pixels = scaled(shown.images)
        seen = observer.predict(pixels[: len(faces)], batch_size=500, verbose=0)
        means = _means(seen, faces.labels)
        both.fit(
            pixels,
            [shown.labels, means[shown.labels]],
            sample_weight=[np.ones(len(pixels)), shown.poisoned.astype(float)],
            batch_size=BATCH_SIZE,
            verbose=0,
        )


def known_features(network: keras.Model) -> keras.KerasTensor:
    """What the defender's head sees of a DeepID, ``(n, features)``, with finite slopes."""
    below = network.get_layer("conv_3").input
    if math.prod(below.shape[1:]) > Recipe.max_features:
        below = layers.AveragePooling2D(2, padding="same", name="known.mean")(below)
    above = ops.sqrt(ops.maximum(network.get_layer("pool_3").output, _SMALLEST))
    return layers.Concatenate(name="known.features")(
        [
            layers.Flatten(name=f"known.{name}")(tensor)
            for name, tensor in {"below": below, "above": above}.items()
        ]
    )


def _means(features: np.ndarray, labels: Labels) -> np.ndarray:
    """Each person's mean features, ``(N, features)`` float32."""
    sums = np.zeros((int(labels.max()) + 1, features.shape[1]), np.float32)
    np.add.at(sums, labels, features)
    return sums / np.maximum(np.bincount(labels), 1)[:, None].astype(np.float32)
