"""Looks at clean images, jittered and disturbed, through a BadNet's convolutions."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.methods.fresh_head.discriminant import Moments
from repair.methods.fresh_head.disturbances import disturb
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.jitter import jitter
from repair.process.progress import progress

# At least so many jittered images in all, and so many of each clean one.
JITTERED, ROUNDS = 18_000, 4
DISTURBED = 36_000
WEAKEST_JITTER = 0.5
FOLDS = 3
_CHUNK = 2_000


@dataclass(frozen=True)
class Disturbed:
    """What was seen of ``n`` disturbed images.

    Attributes:
        generators: Per chunk, the source of its randomness as it was before.
        source: ``(n,)`` int64, the clean image that each was made from.
        features: ``(n, features)`` float32.
        labels: ``(n,)`` int64, the BadNet's answers.
        confidence: ``(n,)`` float32 in [0, 1], its confidence in them.
        families: ``(n,)`` int64, the family of each disturbance.
    """

    generators: list[np.random.Generator]
    source: np.ndarray
    features: np.ndarray
    labels: np.ndarray
    confidence: np.ndarray
    families: np.ndarray


@dataclass(frozen=True)
class Observations:
    """What was seen of all images.

    Attributes:
        features: ``(m, features)`` float32, of the clean images as they are.
        answers: ``(m,)`` int64, the BadNet's labels for them.
        photographs: ``(m, features)`` float32, the mean over each clean image and its
            jittered copies.
        labels: ``(m,)`` int64, the clean images' own.
        fold: ``(m,)`` int64, 0..FOLDS-1; what is made from an image shares its fold.
        clean: Per fold, the moments of clean and jittered images.
        rough: Per fold, the moments of disturbed images.
        disturbed: The disturbed images themselves.
    """

    features: np.ndarray
    answers: np.ndarray
    photographs: np.ndarray
    labels: np.ndarray
    fold: np.ndarray
    clean: list[Moments]
    rough: list[Moments]
    disturbed: Disturbed


def observe(
    observer: Observer, data: Dataset, num_classes: int, generator: np.random.Generator
) -> Observations:
    """Looks at every clean image as it is, jittered, and disturbed.

    Args:
        observer: Looks at images through the BadNet.
        data: The clean images and their labels.
        num_classes: N.
        generator: Source of all randomness.
    """
    fold = generator.permutation(len(data)) % FOLDS
    features, answers, _ = observer(data.images)

    def moments(features: np.ndarray, source: np.ndarray) -> list[Moments]:
        labels, parts = data.labels[source], fold[source]
        return [
            Moments.of(features[parts == part], labels[parts == part], num_classes)
            for part in range(FOLDS)
        ]

    clean = moments(features, np.arange(len(data)))
    photographs, copies = features.copy(), np.ones((len(data), 1), np.float32)
    count = max(JITTERED, ROUNDS * len(data))
    for source in progress(_chunks(len(data), count), label="jittered images"):
        jittered, _, _ = observer(
            jitter(data.images[source], generator, WEAKEST_JITTER)
        )
        clean = _added(clean, moments(jittered, source))
        np.add.at(photographs, source, jittered)
        np.add.at(copies, source, 1)
    seen, generators = [], []
    for source in progress(_chunks(len(data), DISTURBED), label="disturbed images"):
        generators.append(copy.deepcopy(generator))
        images, families = disturb(jitter(data.images[source], generator), generator)
        seen.append((source, *observer(images), families))
    disturbed = Disturbed(generators, *map(np.concatenate, zip(*seen, strict=True)))
    rough = moments(disturbed.features, disturbed.source)
    facts = features, answers, photographs / copies, data.labels, fold
    return Observations(*facts, clean, rough, disturbed)


def made_again(
    data: Dataset, disturbed: Disturbed, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Makes some disturbed images a second time; all of them would be a gigabyte.

    Args:
        data: The clean images that ``observe`` was given.
        disturbed: What it saw.
        chosen: ``(k,)`` int64, which of the disturbed images to make.

    Returns:
        The jittered photographs and the disturbed images made from them, each
        ``(k, rows, columns, 3)`` float32, 0..255.
    """
    before = np.empty((len(chosen), *data.images.shape[1:]), np.float32)
    after = before.copy()
    chunks = _chunks(len(data), len(disturbed.source))
    for index in progress(np.unique(chosen // _CHUNK), label="pictures"):
        generator = copy.deepcopy(disturbed.generators[index])
        jittered = jitter(data.images[chunks[index]], generator)
        images, _ = disturb(jittered, generator)
        here = chosen // _CHUNK == index
        before[here] = jittered[chosen[here] % _CHUNK]
        after[here] = images[chosen[here] % _CHUNK]
    return before, after


def _chunks(images: int, count: int) -> list[np.ndarray]:
    """Indices of ``images`` over and over, ``count`` in all, in chunks."""
    source = np.arange(count) % images
    return np.split(source, range(_CHUNK, count, _CHUNK))


def _added(one: list[Moments], other: list[Moments]) -> list[Moments]:
    return [a + b for a, b in zip(one, other, strict=True)]
