"""Looks at clean images, jittered and disturbed, through a BadNet's convolutions."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.methods.fresh_head.disturbances import disturb
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.jitter import jitter
from repair.methods.fresh_head.moments import Moments
from repair.methods.fresh_head.recipe import Recipe
from repair.process.progress import progress

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
        fold: ``(m,)`` int64, below the recipe's folds; what is made from an image shares
            its fold.
        clean: Per fold, the moments of clean and jittered images.
        disturbed_moments: Per fold, the moments of disturbed images.
        disturbed: The disturbed images themselves.
    """

    features: np.ndarray
    answers: np.ndarray
    photographs: np.ndarray
    labels: np.ndarray
    fold: np.ndarray
    clean: list[Moments]
    disturbed_moments: list[Moments]
    disturbed: Disturbed


def observe(
    observer: Observer,
    data: Dataset,
    num_classes: int,
    recipe: Recipe,
    generator: np.random.Generator,
) -> Observations:
    """Looks at every clean image as it is, jittered, and disturbed.

    Args:
        observer: Looks at images through the BadNet.
        data: The clean images and their labels.
        num_classes: N.
        recipe: How many of each, in how many folds.
        generator: Source of all randomness.
    """
    fold = generator.permutation(len(data)) % recipe.folds
    seen = observer(data.images)

    def moments(features: np.ndarray, source: np.ndarray) -> list[Moments]:
        labels, parts = data.labels[source], fold[source]
        return [
            Moments.of(features[parts == part], labels[parts == part], num_classes)
            for part in range(recipe.folds)
        ]

    clean = moments(seen.features, np.arange(len(data)))
    photographs, copies = seen.features.copy(), np.ones((len(data), 1), np.float32)
    for source in progress(
        _chunks(len(data), recipe.jittered), label="jittered images"
    ):
        images = jitter(data.images[source], generator, recipe.weakest_jitter)
        jittered = observer(images).features
        clean = _added(clean, moments(jittered, source))
        np.add.at(photographs, source, jittered)
        np.add.at(copies, source, 1)
    disturbed = _disturbed(observer, data, recipe.disturbed, generator)
    return Observations(
        features=seen.features,
        answers=seen.labels,
        photographs=photographs / copies,
        labels=data.labels,
        fold=fold,
        clean=clean,
        disturbed_moments=moments(disturbed.features, disturbed.source),
        disturbed=disturbed,
    )


def _disturbed(
    observer: Observer, data: Dataset, count: int, generator: np.random.Generator
) -> Disturbed:
    generators, sources, families, parts = [], [], [], []
    for source in progress(_chunks(len(data), count), label="disturbed images"):
        generators.append(copy.deepcopy(generator))
        images, family = disturb(jitter(data.images[source], generator), generator)
        parts.append(observer(images))
        sources.append(source)
        families.append(family)
    return Disturbed(
        generators=generators,
        source=np.concatenate(sources),
        features=np.concatenate([part.features for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        families=np.concatenate(families),
    )


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
