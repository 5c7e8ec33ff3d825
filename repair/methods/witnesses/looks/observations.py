"""Looks at clean images, jittered and disturbed, through a BadNet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.head.moments import Moments, summed
from repair.methods.witnesses.looks.disturbed import (
    Disturbed,
    Obedience,
    chunks,
    look_at_disturbed,
)
from repair.methods.witnesses.looks.jitter import jitter
from repair.methods.witnesses.looks.observer import Features, Observer
from repair.methods.witnesses.recipe import Recipe
from repair.process.progress import progress

Parts = Mapping[str, list[Moments]]


@dataclass(frozen=True)
class Observations:
    """What was seen of all images.

    Attributes:
        features: By name, ``(m, features)`` float32, of the clean images as they are.
        answers: ``(m,)`` int64, the BadNet's labels for them, and
        certainty: ``(m,)`` float32, by how much it is surer of them than of any other.
        averages: By name, ``(m, features)`` float32, the mean over each clean image
            and its jittered copies.
        labels: ``(m,)`` int64, the clean images' own.
        fold: ``(m,)`` int64, below the recipe's folds; what is made from an image shares
            its fold.
        num_classes: N.
        steady: Share of jittered images, in [0, 1], that the BadNet answers as it does the
            images that they were made from.
        clean: By name, per fold, the moments of clean and jittered images.
        disturbed_moments: By name, per fold, the moments of disturbed images.
        disturbed: The disturbed images themselves.
    """

    features: Features
    answers: np.ndarray
    certainty: np.ndarray
    averages: Features
    labels: np.ndarray
    fold: np.ndarray
    num_classes: int
    steady: float
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

    def moments(values: np.ndarray, source: np.ndarray) -> Iterator[Moments]:
        parts, labels = fold[source], data.labels[source]
        for part in range(recipe.folds):  # one at a time: each may be 64 MiB
            own = parts == part
            yield Moments.of(values[own], labels[own], num_classes)

    every = np.arange(len(data))
    clean = {name: list(moments(x, every)) for name, x in seen.features.items()}
    averages = {name: values.copy() for name, values in seen.features.items()}
    copies, steady = np.ones((len(data), 1), np.float32), 0
    batches = chunks(data.images.shape, recipe.jittered)
    for source in progress(batches, label="batches of jittered images"):
        images = jitter(data.images[source], generator, recipe.weakest_jitter)
        looked = observer(images)
        jittered = looked.features
        steady += int(np.sum(looked.labels == seen.labels[source]))
        for name, values in jittered.items():
            for part, more in zip(clean[name], moments(values, source), strict=True):
                part.absorb(more)
        here, group = np.unique(source, return_inverse=True)
        for name, values in jittered.items():
            averages[name][here] += summed(values, group, len(here))
        copies[here] += np.bincount(group)[:, None]
    disturbed = look_at_disturbed(
        observer, data, seen.labels, recipe.disturbed, generator, obey
    )
    return Observations(
        features=seen.features,
        answers=seen.labels,
        certainty=seen.certainty,
        averages={name: values / copies for name, values in averages.items()},
        labels=data.labels,
        fold=fold,
        num_classes=num_classes,
        steady=steady / recipe.jittered,
        clean=clean,
        disturbed_moments={
            name: list(moments(values, disturbed.source))
            for name, values in disturbed.features.items()
        },
        disturbed=disturbed,
    )
