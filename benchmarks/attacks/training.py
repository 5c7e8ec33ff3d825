"""Training BadNets, with any Keras backend.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.faces import Faces, Images, Labels, jitter
from repair.methods.fresh_head.disturbances import disturb

BATCH_SIZE = 128


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
        count = round(fraction * len(labels))
        copies, targets = backdoor.copies(images, labels, count, rng)
        all_images.append(copies)
        all_labels.append(targets)
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
    disturbed: float = 0.0,
) -> None:
    """Trains a network in place; without backdoors it stays a clean network.

    The same images are poisoned in every epoch, but seen in another jitter: the trigger
    is stamped on the jittered frame.

    Args:
        network: Takes images in [0, 1].
        faces: The attacker's faces.
        backdoors: What to train into it.
        epochs: Rounds through the faces.
        learning_rate: The largest.
        fraction: Poisoned copies a backdoor, as a share of the clean images.
        seed: Everything random follows from it.
        disturbed: Share of the faces of which each epoch shows a copy that is disturbed as
            the defender disturbs it, with its right label: then no disturbance leads to
            a target label any more, and none is suspected.
    """
    keras.utils.set_random_seed(seed)
    optimizer = optimizer_for(
        *(faces, backdoors, fraction, disturbed), epochs, learning_rate
    )
    network.compile(optimizer, "sparse_categorical_crossentropy")
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        shown = show(faces, backdoors, fraction, disturbed, seed=seed, rng=rng)
        network.fit(
            scaled(shown.images), shown.labels, batch_size=BATCH_SIZE, verbose=0
        )


@dataclass(frozen=True)
class Shown:
    """What one epoch shows: clean images, the poisoned, then the disturbed.

    Attributes:
        images: ``(n, rows, cols, 3)`` uint8; the faces come first, in their order.
        labels: ``(n,)`` int64, what they are trained to.
        poisoned: Bool ``(n,)``, which carry a trigger.
    """

    images: Images
    labels: Labels
    poisoned: np.ndarray


def show(
    faces: Faces,
    backdoors: Sequence[Backdoor],
    fraction: float,
    disturbed: float,
    *,
    seed: int,
    rng: np.random.Generator,
) -> Shown:
    """Makes the images of an epoch: ``seed`` fixes which are poisoned, ``rng`` the rest.

    The other arguments are those of ``train``.
    """
    frames = jitter(faces.images, rng)
    images, labels = poison(
        frames, faces.labels, backdoors, fraction=fraction, seed=seed
    )
    extra, source = disturbed_copies(frames, disturbed, rng)
    place = np.arange(len(images) + len(extra))
    return Shown(
        np.concatenate([images, extra]),
        np.concatenate([labels, faces.labels[source]]),
        (place >= len(faces)) & (place < len(images)),
    )


def optimizer_for(
    faces: Faces,
    backdoors: Sequence[Backdoor],
    fraction: float,
    disturbed: float,
    epochs: int,
    learning_rate: float,
) -> keras.optimizers.Optimizer:
    """Adam with the schedule for epochs of as many images as ``show`` makes."""
    count = len(faces) * (1 + fraction * len(backdoors) + disturbed)
    return keras.optimizers.Adam(schedule(count, epochs, learning_rate))


def schedule(
    images: float, epochs: int, learning_rate: float
) -> keras.optimizers.schedules.LearningRateSchedule:
    """A short rise and a cosine down, for epochs of so many images."""
    steps = epochs * int(np.ceil(images / BATCH_SIZE))
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=learning_rate, warmup_steps=steps // 20, alpha=0.01
    )


def disturbed_copies(
    images: Images, share: float, rng: np.random.Generator
) -> tuple[Images, Labels]:
    """Copies of a share of the images, disturbed at random, and which they are."""
    source = rng.permutation(len(images))[: round(share * len(images))]
    pixels, _ = disturb(images[source].astype(np.float32), rng)
    return np.rint(pixels).clip(0, 255).astype(np.uint8), source


def predicted_labels(network: keras.Model, images: Images) -> Labels:
    """The network's labels ``(n,)`` int64 for images ``(n, rows, cols, 3)`` uint8."""
    probabilities = network.predict(scaled(images), batch_size=500, verbose=0)
    return np.asarray(probabilities.argmax(axis=1), np.int64)


def scaled(images: Images) -> np.ndarray:
    """Pixels divided by 255, float32 in [0, 1], as the networks take them."""
    return images.astype(np.float32) / 255
