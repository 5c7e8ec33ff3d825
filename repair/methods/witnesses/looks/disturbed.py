"""Disturbed images as the BadNet sees them, each of which can be made a second time."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.looks.disturbances import disturb
from repair.methods.witnesses.looks.jitter import jitter
from repair.methods.witnesses.looks.observer import Features, Observer
from repair.process.progress import progress

# Images, and values of theirs, that are disturbed together, at most.
_CHUNK, _VALUES = 2_000, 1 << 25
# How sure the twin is of given labels ``(n,)`` for given images: ``(n, stops)``.
Obedience = Callable[[np.ndarray, np.ndarray], np.ndarray]


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
        changes: ``(n,)`` float32, how much it changed the image: the mean over all places
            of the channel that differs most, 0..255.
        obedience: ``(n, stops)`` float32, how sure the twin is of the BadNet's answer, at
            each stop of its forgetting; minus infinity where the answer is that to the
            clean image.
    """

    generators: list[np.random.Generator]
    source: np.ndarray
    features: Features
    labels: np.ndarray
    confidence: np.ndarray
    families: np.ndarray
    changes: np.ndarray
    obedience: np.ndarray


def look_at_disturbed(
    observer: Observer,
    data: Dataset,
    answers: np.ndarray,
    count: int,
    generator: np.random.Generator,
    obey: Obedience,
) -> Disturbed:
    """Disturbs clean images, and looks at them.

    Args:
        observer: Looks at images through the BadNet.
        data: The clean images and their labels.
        answers: ``(m,)`` int64, the BadNet's labels for the clean images as they are.
        count: Number of disturbed images.
        generator: Source of all randomness.
        obey: How sure the twin is of labels for images.
    """
    generators, sources, families, changes = [], [], [], []
    parts, obeyed = [], []
    for source in progress(
        chunks(data.images.shape, count), label="batches of disturbed images"
    ):
        generators.append(copy.deepcopy(generator))
        jittered = jitter(data.images[source], generator)
        images, family = disturb(jittered, generator)
        seen = observer(images)
        changed = np.flatnonzero(seen.labels != answers[source])
        said = obey(images[changed], seen.labels[changed])
        obedience = np.full((len(source), said.shape[1]), -np.inf, np.float32)
        obedience[changed] = said
        parts.append(seen)
        sources.append(source)
        families.append(family)
        changes.append(_change(jittered, images))
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
        changes=np.concatenate(changes),
        obedience=np.concatenate(obeyed),
    )


def _change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The mean over places of the channel that differs most; one channel at a time."""
    most = np.zeros(before.shape[:3], before.dtype)
    for channel in range(before.shape[3]):
        apart = np.abs(after[..., channel] - before[..., channel])
        np.maximum(most, apart, out=most)
    return np.asarray(most.mean(axis=(1, 2)))


def made_again(
    data: Dataset, disturbed: Disturbed, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Makes some disturbed images a second time; all of them would be a gigabyte.

    Args:
        data: The clean images that ``observe`` was given.
        disturbed: What it saw.
        chosen: ``(k,)`` int64, which of the disturbed images to make.

    Returns:
        The jittered images and the disturbed images made from them, each
        ``(k, rows, columns, 3)`` float32, 0..255.
    """
    before = np.empty((len(chosen), *data.images.shape[1:]), np.float32)
    after = before.copy()
    sources = chunks(data.images.shape, len(disturbed.source))
    step = len(sources[0])
    for index in progress(np.unique(chosen // step), label="batches of pictures"):
        generator = copy.deepcopy(disturbed.generators[index])
        jittered = jitter(data.images[sources[index]], generator)
        images, _ = disturb(jittered, generator)
        here = chosen // step == index
        before[here] = jittered[chosen[here] % step]
        after[here] = images[chosen[here] % step]
    return before, after


def chunks(shape: tuple[int, ...], count: int) -> list[np.ndarray]:
    """Indices of images, ``count`` in all, in chunks that are few bytes.

    Args:
        shape: Of the images, ``(n, rows, columns, channels)``.
        count: All of them over and over; where it is smaller than n, some of them, evenly
            spread.
    """
    images = shape[0]
    source = np.arange(count)
    source = source % images if count >= images else source * images // count
    step = max(1, min(_CHUNK, _VALUES // math.prod(shape[1:])))
    return np.split(source, range(step, count, step))
