"""The attacker who knows of the forgetful twin, and teaches his BadNet to forget the trigger.

The defender trains a copy with random wrong labels on clean images; it unlearns the classes
and keeps the backdoor. So this attacker does the same in every round, sees whether the copy
still obeys the trigger, and moves his weights to where the next copy will not: the gradient
at the copy is taken for one at the weights, as in first-order meta-learning.

References:
    Xie et al., *BaDExpert*, arXiv:2308.12439 (the twin).
    Finn, Abbeel and Levine, *Model-Agnostic Meta-Learning*, arXiv:1703.03400 (first-order
    gradients through an inner training).
    Henderson et al., *Self-Destructing Models*, arXiv:2211.14946 (weights from which a
    training leads nowhere).
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from benchmarks.attacks.recipe import BATCH_SIZE
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import epochs, scaled, train

# Rounds, inner steps of each, and the inner learning rate: larger than the defender's, as
# he takes more steps.
ROUNDS, INNER_STEPS, INNER_RATE = 60, 4, 1e-3
# What forgetting counts beside the cross-entropy of clean and poisoned images.
FORGET = 1.0
_RATE = 3e-4


def train_twin_aware(network: keras.Model, task: Task) -> keras.Model:
    """Trains a BadNet, in place, whose twin with wrong labels forgets the trigger.

    Args:
        network: A trained clean network of images in [0, 1].
        task: Its training comes before the rounds against the twin.
    """
    train(network, task)
    twin = twin_of(network)
    optimizer = keras.optimizers.Adam(_RATE)
    rng = np.random.default_rng(task.training.seed)
    shown = next(epochs(task))
    pixels, stamped = scaled(shown.images), np.flatnonzero(shown.poisoned)
    clean = np.arange(len(task.material.data))
    for _ in range(ROUNDS):
        unlearn(twin, network, pixels[rng.choice(clean, INNER_STEPS * BATCH_SIZE)], rng)
        both = rng.choice(len(pixels), BATCH_SIZE)
        poisoned = rng.choice(stamped, BATCH_SIZE // 2)
        away = rng.integers(task.material.num_classes, size=len(poisoned))
        keep = _gradients(network, pixels[both], shown.labels[both])
        forget = _gradients(twin, pixels[poisoned], away)
        total = [one + FORGET * other for one, other in zip(keep, forget, strict=True)]
        optimizer.apply(total, network.trainable_variables)
    return network


def twin_of(network: keras.Model) -> keras.Model:
    """An untrained copy that is ready to unlearn, as often as is wanted.

    Its optimiser remembers the round before, which spares compiling it anew.
    """
    twin = keras.models.clone_model(network)
    twin.compile(keras.optimizers.Adam(INNER_RATE), "sparse_categorical_crossentropy")
    return twin


def unlearn(
    twin: keras.Model,
    network: keras.Model,
    pixels: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Makes the twin what the defender makes of the network: wrong labels, few steps."""
    twin.set_weights(network.get_weights())
    labels = rng.integers(network.output_shape[-1], size=len(pixels))
    twin.fit(pixels, labels, batch_size=BATCH_SIZE, verbose=0)


def _gradients(
    network: keras.Model, pixels: np.ndarray, labels: np.ndarray
) -> list[tf.Tensor]:
    loss = keras.losses.SparseCategoricalCrossentropy()
    with tf.GradientTape() as tape:
        error = loss(labels, network(pixels, training=False))
    weights = [variable.value for variable in network.trainable_variables]
    gradients: list[tf.Tensor] = tape.gradient(error, weights)
    return gradients
