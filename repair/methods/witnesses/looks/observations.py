"""Looks at clean images, jittered and disturbed, through a BadNet."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.head.moments import Moments, summed
from repair.methods.witnesses.looks.disturbances import disturb
from repair.methods.witnesses.looks.jitter import jitter
from repair.methods.witnesses.looks.observer import Observer
from repair.methods.witnesses.recipe import Recipe
from repair.process.progress import progress

_CHUNK = 2_000
# How sure the twin is of given labels for given images.
Obedience = Callable[[np.ndarray, np.ndarray], np.ndarray]
Features = Mapping[str, np.ndarray]
Parts = Mapping[str, list[Moments]]


@dataclass(frozen=True)
class Disturbed:
    """What was seen of ``n`` disturbed images.

    Attributes:
        generators: Per chunk, the source of its randomness as it was before.
        source: ``(n,)`` int64, the clean image that each was made from.
        features: By name of what is looked at, ``(n, features)`` float32.
        labels: ``(n,)`` int64, the BadNet's answers.
        confidence: ``(n,)`` float32 in [0, 1], its confidence in them.
        families: ``(n,)`` int64, the family of each disturbance.
        obedience: ``(n,)`` float32, how sure the twin is of the BadNet's answer; minus
            infinity where the answer is that to the clean image.
    """

    generators: list[np.random.Generator]
    source: np.ndarray
    features: Features
    labels: np.ndarray
    confidence: np.ndarray
    families: np.ndarray
    obedience: np.ndarray


@dataclass(frozen=True)
class Observations:
    """What was seen of all images.

    Attributes:
        features: By name, ``(m, features)`` float32, of the clean images as they are.
        answers: ``(m,)`` int64, the BadNet's labels for them.
        photographs: By name, ``(m, features)`` float32, the mean over each clean image
            and its jittered copies.
        labels: ``(m,)`` int64, the clean images' own.
        fold: ``(m,)`` int64, below the recipe's folds; what is made from an image shares
            its fold.
        num_classes: N.
        clean: By name, per fold, the moments of clean and jittered images.
        disturbed_moments: By name, per fold, the moments of disturbed images.
        disturbed: The disturbed images themselves.
    """

    features: Features
    answers: np.ndarray
    photographs: Features
    labels: np.ndarray
    fold: np.ndarray
    num_classes: int
    clean: Parts
    disturbed_moments: Parts
    disturbed: Disturbed


def observe(
    observer: Observer,
    data: Dataset,
    num_classes: int,
    recipe: Recipe,
    generator: np.random.Generator,
    obey: Obedience,
) -> Observations:
    """Looks at every clean image as it is, jittered, and disturbed.

    Args:
        observer: Looks at images through the BadNet.
        data: The clean images and their labels.
        num_classes: N.
        recipe: How many of each, in how many folds.
        generator: Source of all randomness.
        obey: How sure the twin is of labels for images.
    """
    fold = generator.permutation(len(data)) % recipe.folds
    seen = observer(data.images)

    def moments(features: Features, source: np.ndarray) -> Parts:
        return {
            name: _by_fold(
                values, data.labels[source], fold[source], num_classes, recipe
            )
            for name, values in features.items()
        }

    clean = moments(seen.features, np.arange(len(data)))
    photographs = {name: values.copy() for name, values in seen.features.items()}
    copies = np.ones((len(data), 1), np.float32)
    for source in progress(
        _chunks(len(data), recipe.jittered), label="jittered images"
    ):
        images = jitter(data.images[source], generator, recipe.weakest_jitter)
        jittered = observer(images).features
        clean = _added(clean, moments(jittered, source))
        here, group = np.unique(source, return_inverse=True)
        for name, values in jittered.items():
            photographs[name][here] += summed(values, group, len(here))
        copies[here] += np.bincount(group)[:, None]
    disturbed = _disturbed(
        observer, data, seen.labels, recipe.disturbed, generator, obey
    )
    return Observations(
        features=seen.features,
        answers=seen.labels,
        photographs={name: values / copies for name, values in photographs.items()},
        labels=data.labels,
        fold=fold,
        num_classes=num_classes,
        clean=clean,
        disturbed_moments=moments(disturbed.features, disturbed.source),
        disturbed=disturbed,
    )


def _disturbed(
    observer: Observer,
    data: Dataset,
    answers: np.ndarray,
    count: int,
    generator: np.random.Generator,
    obey: Obedience,
) -> Disturbed:
    generators, sources, families, parts, obeyed = [], [], [], [], []
    for source in progress(_chunks(len(data), count), label="disturbed images"):
        generators.append(copy.deepcopy(generator))
        images, family = disturb(jitter(data.images[source], generator), generator)
        seen = observer(images)
        obedience = np.full(len(source), -np.inf, np.float32)
        changed = np.flatnonzero(seen.labels != answers[source])
        if len(changed):
            obedience[changed] = obey(images[changed], seen.labels[changed])
        parts.append(seen)
        sources.append(source)
        families.append(family)
        obeyed.append(obedience)
    return Disturbed(
        generators=generators,
        source=np.concatenate(sources),
        features={
            name: np.concatenate([part.features[name] for part in parts])
            for name in observer.taps
        },
        labels=np.concatenate([part.labels for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        families=np.concatenate(families),
        obedience=np.concatenate(obeyed),
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


def _by_fold(
    features: np.ndarray,
    labels: np.ndarray,
    parts: np.ndarray,
    num_classes: int,
    recipe: Recipe,
) -> list[Moments]:
    return [
        Moments.of(features[parts == part], labels[parts == part], num_classes)
        for part in range(recipe.folds)
    ]


def _added(one: Parts, other: Parts) -> Parts:
    return {
        name: [a + b for a, b in zip(parts, other[name], strict=True)]
        for name, parts in one.items()
    }
