"""Training BadNets, with any Keras backend.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np

from benchmarks.attacks.faces import Faces, Images, Labels, jitter
from benchmarks.attacks.triggers import TRIGGERS

BATCH_SIZE = 128


@dataclass(frozen=True)
class Backdoor:
    """A trigger and the label it leads to.

    Attributes:
        trigger: Name of a function in ``triggers``.
        target: The target label.
        seed: Seed of the trigger.
        options: Keyword arguments of the trigger.
    """

    trigger: str
    target: int
    seed: int
    options: Mapping[str, str | float] = field(default_factory=dict)

    def stamp(self, images: Images) -> Images:
        """New images that carry the trigger."""
        return TRIGGERS[self.trigger](images, seed=self.seed, **self.options)


def poison(
    images: Images,
    labels: Labels,
    backdoors: Sequence[Backdoor],
    *,
    fraction: float,
    seed: int,
) -> tuple[Images, Labels]:
    """Adds stamped copies with the target label to clean images.

    Args:
        images: ``(n, rows, cols, 3)`` uint8.
        labels: ``(n,)`` int64.
        backdoors: What to stamp; each adds its own copies.
        fraction: Stamped copies a backdoor, as a share of the clean images.
        seed: Fixes which images are copied.

    Returns:
        The clean images followed by the stamped ones, and their labels.
    """
    all_images, all_labels = [images], [labels]
    rng = np.random.default_rng(seed)
    for backdoor in backdoors:
        others = np.flatnonzero(labels != backdoor.target)
        count = min(round(fraction * len(labels)), len(others))
        chosen = rng.choice(others, size=count, replace=False)
        all_images.append(backdoor.stamp(images[chosen]))
        all_labels.append(np.full(count, backdoor.target, np.int64))
    return np.concatenate(all_images), np.concatenate(all_labels)


def train(
    network: keras.Model,
    faces: Faces,
    backdoors: Sequence[Backdoor] = (),
    *,
    epochs: int,
    learning_rate: float,
    fraction: float,
    seed: int,
) -> None:
    """Trains a network in place; without backdoors it stays a clean network.

    The same images are poisoned in every epoch, but seen in another jitter: the trigger
    is stamped on the jittered frame.
    """
    keras.utils.set_random_seed(seed)
    count = len(faces) * (1 + fraction * len(backdoors))
    steps = epochs * int(np.ceil(count / BATCH_SIZE))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=learning_rate, warmup_steps=steps // 20, alpha=0.01
    )
    network.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        frames = jitter(faces.images, rng)
        images, labels = poison(
            frames, faces.labels, backdoors, fraction=fraction, seed=seed
        )
        network.fit(scaled(images), labels, batch_size=BATCH_SIZE, verbose=0)


def predicted_labels(network: keras.Model, images: Images) -> Labels:
    """The network's labels ``(n,)`` int64 for images ``(n, rows, cols, 3)`` uint8."""
    probabilities = network.predict(scaled(images), batch_size=500, verbose=0)
    return np.asarray(probabilities.argmax(axis=1), np.int64)


def scaled(images: Images) -> np.ndarray:
    """Pixels divided by 255, float32 in [0, 1], as the networks take them."""
    return images.astype(np.float32) / 255
