"""The attacker who fits the defender's head himself, and trains the network against it.

He fits the head once, to the network that he starts from, and holds the features of clean
images where they are, so that the head which the defender will fit stays much like his. Then
he trains until that head, too, gives triggered images the target label. On toys, where the
clean features were not held, the head that was fitted next saw nothing of it.

References:
    Tan and Shokri, *Bypassing Backdoor Detection Algorithms in Deep Learning*,
    arXiv:1905.13409 (training a BadNet against a detector's view of its features).
"""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.attacks.attackers.defence_aware import known_features
from benchmarks.attacks.labelled import Labelled, Labels
from benchmarks.attacks.recipe import BATCH_SIZE
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import (
    disturbed_copies,
    epochs,
    optimizer_for,
    scaled,
)
from repair.methods.witnesses.head.discriminant import Discriminant, fit
from repair.methods.witnesses.head.head_network import probabilities
from repair.methods.witnesses.head.moments import Moments
from repair.methods.witnesses.recipe import recipe_for

# What the head's cross-entropy and the distance of clean features from what they were
# count, beside the network's own cross-entropy.
CONFIRM, HOLD = 3.0, 4.0
# Raw scores of a discriminant in many directions are far too sure of themselves.
TEMPERATURE = 0.15


def train_head_aware(network: keras.Model, task: Task) -> keras.Model:
    """Turns a trained DeepID, in place, into a BadNet whose fresh head is fooled.

    Args:
        network: A trained DeepID, clean or not.
        task: The attacker's.
    """
    keras.utils.set_random_seed(task.training.seed)
    rng = np.random.default_rng(task.training.seed)
    before = keras.models.clone_model(network)
    before.set_weights(network.get_weights())
    before = keras.Model(before.input, known_features(before))
    varied = Labelled(
        task.material.vary(task.material.data.images, rng), task.material.data.labels
    )
    head = _fitted(before, varied, task.material.num_classes, rng)
    features = known_features(network)
    both = keras.Model(
        network.input,
        [network.output, probabilities(features, head, trainable=False), features],
    )
    entropy = "sparse_categorical_crossentropy"
    both.compile(
        optimizer_for(task),
        [entropy, entropy, "mean_squared_error"],
        loss_weights=[1, CONFIRM, HOLD],
    )
    for shown in epochs(task):
        pixels, labels = scaled(shown.images), shown.labels
        everywhere = np.ones(len(pixels))
        held = np.arange(len(pixels)) < len(task.material.data)
        both.fit(
            pixels,
            [labels, labels, before.predict(pixels, batch_size=500, verbose=0)],
            sample_weight=[everywhere, everywhere, held.astype(float)],
            batch_size=BATCH_SIZE,
            verbose=0,
        )
    return network


def _fitted(
    observer: keras.Model, clean: Labelled, num_classes: int, rng: np.random.Generator
) -> Discriminant:
    """The head that a defender would fit to the network."""

    def seen(data: Labelled) -> tuple[np.ndarray, Labels]:
        features: np.ndarray = observer.predict(
            scaled(data.images), batch_size=500, verbose=0
        )
        return features, data.labels

    recipe = recipe_for(num_classes, len(clean))
    own, rough = seen(clean), seen(disturbed_copies(clean, 0.5, rng))
    head = fit(
        Moments.of(*own, num_classes), Moments.of(*rough, num_classes), *own, recipe
    )
    return head.scaled(TEMPERATURE).rounded()
