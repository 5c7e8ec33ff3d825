"""Training BadNets by poisoned data alone.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733.
    Nguyen and Tran, *WaNet*, arXiv:2102.10369 (decoys: the "noise mode").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from benchmarks.attacks.labelled import Images, Labelled, Labels
from benchmarks.attacks.recipe import BATCH_SIZE
from benchmarks.attacks.task import Task
from repair.methods.witnesses.looks.disturbances import disturb


def train(
    network: keras.Model,
    task: Task,
    *,
    chosen: Sequence[Labelled] | None = None,
) -> keras.Model:
    """Trains a network in place; without backdoors it stays a clean network.

    Args:
        network: Takes images in [0, 1].
        task: The attacker's.
        chosen: Which images each backdoor poisons, with the labels to give them; drawn
            if None.

    Returns:
        The network.
    """
    keras.utils.set_random_seed(task.training.seed)
    network.compile(optimizer_for(task), "sparse_categorical_crossentropy")
    for shown in epochs(task, chosen=chosen):
        network.fit(
            scaled(shown.images), shown.labels, batch_size=BATCH_SIZE, verbose=0
        )
    return network


@dataclass(frozen=True)
class Shown:
    """What one epoch shows: clean images, the poisoned, the disturbed and the decoys.

    Attributes:
        images: ``(n, rows, cols, 3)`` uint8; the clean ones come first, in their order.
        labels: ``(n,)`` int64, what they are trained to.
        poisoned: Bool ``(n,)``, which carry a trigger.
    """

    images: Images
    labels: Labels
    poisoned: np.ndarray


def epochs(task: Task, *, chosen: Sequence[Labelled] | None = None) -> Iterator[Shown]:
    """What each epoch shows; the arguments are those of ``train``.

    The same images are poisoned in every epoch, but vary: the trigger is stamped on what
    they have become.
    """
    material, training = task.material, task.training
    rng = np.random.default_rng(training.seed)
    if chosen is None:
        chosen = choose(task)
    for _ in range(training.epochs):
        clean = Labelled(material.vary(material.data.images, rng), material.data.labels)
        parts = [clean]
        for backdoor, data in zip(task.backdoors, chosen, strict=True):
            parts.append(
                Labelled(backdoor.stamp(material.vary(data.images, rng)), data.labels)
            )
        stamped = sum(map(len, parts))
        parts.append(disturbed_copies(clean, training.disturbed, rng))
        for backdoor in task.backdoors:
            some = _drawn(clean, training.decoys, rng)
            parts.append(Labelled(backdoor.nearly(some.images, rng), some.labels))
        images = np.concatenate([part.images for part in parts])
        place = np.arange(len(images))
        yield Shown(
            images,
            np.concatenate([part.labels for part in parts]),
            (place >= len(clean)) & (place < stamped),
        )


def choose(task: Task) -> list[Labelled]:
    """The images that each backdoor poisons, with the labels to give them."""
    rng = np.random.default_rng(task.training.seed)
    count = round(task.training.fraction * len(task.material.data))
    return [
        backdoor.chosen(task.material.data, count, task.material.num_classes, rng)
        for backdoor in task.backdoors
    ]


def optimizer_for(task: Task) -> keras.optimizers.Optimizer:
    """Adam with a short rise and a cosine down, over all that ``epochs`` show."""
    training = task.training
    shares = (training.fraction + training.decoys) * len(task.backdoors)
    count = len(task.material.data) * (1 + shares + training.disturbed)
    steps = training.epochs * int(np.ceil(count / BATCH_SIZE))
    return keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(
            *(0.0, steps),
            warmup_target=training.learning_rate,
            warmup_steps=max(steps // 20, 1),
            alpha=0.01,
        )
    )


def disturbed_copies(
    data: Labelled, share: float, rng: np.random.Generator
) -> Labelled:
    """Copies of a share of the images, disturbed as the defender does, labels kept."""
    some = _drawn(data, share, rng)
    pixels, _ = disturb(some.images.astype(np.float32), rng)
    return Labelled(np.rint(pixels).clip(0, 255).astype(np.uint8), some.labels)


def _drawn(data: Labelled, share: float, rng: np.random.Generator) -> Labelled:
    return data[rng.permutation(len(data))[: round(share * len(data))]]


def predicted_labels(network: keras.Model, images: Images) -> Labels:
    """The network's labels ``(n,)`` int64 for images ``(n, rows, cols, 3)`` uint8."""
    probabilities = network.predict(scaled(images), batch_size=500, verbose=0)
    return np.asarray(probabilities.argmax(axis=1), np.int64)


def scaled(images: Images) -> np.ndarray:
    """Pixels divided by 255, float32 in [0, 1], as the networks take them."""
    return images.astype(np.float32) / np.float32(255)
