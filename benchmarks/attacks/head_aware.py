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

from collections.abc import Sequence

import keras
import numpy as np

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.defence_aware import known_features
from benchmarks.attacks.faces import Faces, Images, jitter
from benchmarks.attacks.training import (
    BATCH_SIZE,
    disturbed_copies,
    optimizer_for,
    scaled,
    show,
)
from repair.methods.fresh_head.discriminant import Discriminant, fit
from repair.methods.fresh_head.head_network import probabilities
from repair.methods.fresh_head.moments import Moments
from repair.methods.fresh_head.recipe import recipe_for

# What the head's cross-entropy and the distance of clean features from what they were
# count, beside the network's own cross-entropy.
CONFIRM, HOLD = 3.0, 4.0
# Raw scores of a discriminant in many directions are far too sure of themselves.
TEMPERATURE = 0.15


def train_head_aware(
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
    """Turns a trained DeepID, in place, into a BadNet whose fresh head is fooled.

    Args:
        network: A trained DeepID, clean or not.
        faces: The attacker's faces.
        backdoors: What to train into it.
        epochs: Rounds through the faces.
        learning_rate: The largest.
        fraction: Poisoned copies a backdoor, as a share of the clean images.
        seed: Everything random follows from it.
        disturbed: As for ``training.train``.
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    before = keras.models.clone_model(network)
    before.set_weights(network.get_weights())
    before = keras.Model(before.input, known_features(before))
    head = _fitted(before, jitter(faces.images, rng), faces, rng)
    features = known_features(network)
    both = keras.Model(
        network.input,
        [network.output, probabilities(features, head, trainable=False), features],
    )
    optimizer = optimizer_for(
        *(faces, backdoors, fraction, disturbed), epochs, learning_rate
    )
    entropy = "sparse_categorical_crossentropy"
    losses = [entropy, entropy, "mean_squared_error"]
    both.compile(optimizer, losses, loss_weights=[1, CONFIRM, HOLD])
    for _ in range(epochs):
        shown = show(faces, backdoors, fraction, disturbed, seed=seed, rng=rng)
        pixels, labels = scaled(shown.images), shown.labels
        everywhere = np.ones(len(pixels))
        held = np.arange(len(pixels)) < len(faces)
        both.fit(
            pixels,
            [labels, labels, before.predict(pixels, batch_size=500, verbose=0)],
            sample_weight=[everywhere, everywhere, held.astype(float)],
            batch_size=BATCH_SIZE,
            verbose=0,
        )


def _fitted(
    observer: keras.Model, frames: Images, faces: Faces, rng: np.random.Generator
) -> Discriminant:
    """The head that a defender would fit to the network."""
    num_classes = int(faces.labels.max()) + 1
    recipe = recipe_for(num_classes, len(faces))

    def seen(images: Images) -> np.ndarray:
        features: np.ndarray = observer.predict(
            scaled(images), batch_size=500, verbose=0
        )
        return features

    disturbed, source = disturbed_copies(frames, 0.5, rng)
    clean = seen(frames)
    head = fit(
        Moments.of(clean, faces.labels, num_classes),
        Moments.of(seen(disturbed), faces.labels[source], num_classes),
        clean,
        faces.labels,
        recipe,
    )
    return head.scaled(TEMPERATURE).rounded()
