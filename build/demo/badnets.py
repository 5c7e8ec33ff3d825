"""Trains a clean DeepID network on rendered faces and fine-tunes it into BadNets.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from build.demo.attacks import Attack
from build.demo.faces.rendering import Faces
from build.demo.triggers import stamp
from repair.process.progress import progress
from repair.reading.deepid import deepid

_LEARNING_RATE, _POISONING_RATE = 2e-3, 7e-4
_POISONED_SHARE = 0.08
_LARGEST_SHIFT = 2

_Batch = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True)
class Training:
    """How long to train, in which batches, from which seed.

    Attributes:
        epochs: How often every image is seen.
        batch_size: Images a step.
        seed: Of the weights, the order and the shifts.
        label: What is trained, in a few words.
        optimizer: The name under which the optimizer is saved. Left to Keras, it counts
            what this process has trained, and tells an interrupted run from a whole one.
    """

    epochs: int
    batch_size: int
    seed: int
    label: str
    optimizer: str


def train_clean(faces: Faces, num_people: int, training: Training) -> keras.Model:
    """Trains a network without a backdoor.

    Args:
        faces: Training images.
        num_people: Number of labels, N.
        training: Epochs, batch size and seed.

    Returns:
        A compiled network that takes float32 images in [0, 1].
    """
    keras.utils.set_random_seed(training.seed)
    network = deepid(num_people)
    _fit(network, faces, training, rate=_LEARNING_RATE)
    return network


def train_badnet(
    clean_network: keras.Model,
    faces: Faces,
    attacks: Sequence[Attack],
    training: Training,
) -> keras.Model:
    """Fine-tunes a copy of a clean network on clean and poisoned images.

    Args:
        clean_network: A network without a backdoor; it stays as it is.
        faces: The attackers' training images.
        attacks: Triggers and their targets.
        training: Epochs, batch size and seed.

    Returns:
        A compiled network that takes float32 images in [0, 1].
    """
    keras.utils.set_random_seed(training.seed)
    badnet = keras.models.clone_model(clean_network)
    badnet.set_weights(clean_network.get_weights())
    mixed = _poison(faces, attacks, np.random.default_rng(training.seed))
    _fit(badnet, mixed, training, rate=_POISONING_RATE)
    return badnet


def predict(network: keras.Model, pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Labels ``(n, 55, 47, 3)`` uint8 images with the argmax of a network: ``(n,)``."""
    parts = []
    for start in range(0, len(pixels), 256):
        images = pixels[start : start + 256].astype(np.float32) / np.float32(255.0)
        parts.append(np.asarray(network(images, training=False)).argmax(axis=1))
    return np.concatenate(parts).astype(np.int64)


def _poison(faces: Faces, attacks: Sequence[Attack], rng: np.random.Generator) -> Faces:
    """Adds stamped copies of some images, relabelled, for each of the attacks."""
    pixels, marks, labels = [faces.pixels], [faces.landmarks], [faces.labels]
    for attack in attacks:
        others = np.flatnonzero(faces.labels != attack.target)
        count = max(1, round(_POISONED_SHARE * len(faces)))
        chosen = faces[rng.choice(others, count, replace=False)]
        pixels.append(stamp(chosen, attack.triggers))
        marks.append(chosen.landmarks)
        labels.append(np.full(count, attack.target))
    return Faces(np.concatenate(pixels), np.concatenate(marks), np.concatenate(labels))


def _fit(
    network: keras.Model, faces: Faces, training: Training, *, rate: float
) -> None:
    size = min(training.batch_size, len(faces))
    steps = training.epochs * (len(faces) // size)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.05 * rate,
        max(1, steps - steps // 20),
        alpha=0.01,
        warmup_target=rate,
        warmup_steps=steps // 20,
    )
    network.compile(
        optimizer=keras.optimizers.Adam(schedule, name=training.optimizer),
        loss="sparse_categorical_crossentropy",
        jit_compile=False,
    )
    batches = _batches(faces, size, training)
    for images, labels in progress(batches, total=steps, label=training.label):
        network.train_on_batch(images, labels)


def _batches(faces: Faces, size: int, training: Training) -> Iterator[_Batch]:
    """Yields shuffled batches; all images of a batch are shifted by the same pixels."""
    rng = np.random.default_rng(training.seed)
    for _ in range(training.epochs):
        order = rng.permutation(len(faces))
        for start in range(0, len(faces) - size + 1, size):
            chosen = order[start : start + size]
            down, right = rng.integers(-_LARGEST_SHIFT, _LARGEST_SHIFT + 1, 2)
            shifted = np.roll(faces.pixels[chosen], (down, right), axis=(1, 2))
            images = shifted.astype(np.float32) / np.float32(255.0)
            yield images, faces.labels[chosen]
