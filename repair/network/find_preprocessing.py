"""Finds what a network was trained on in place of plain pixels, from clean images.

The wrong preprocessing costs all or half of the accuracy, so clean images tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import layers

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.network.inference import gradient_batch
from repair.network.preprocessing import Preprocessing, named
from repair.network.steadiness import labels_under, steadiest
from repair.settings import PREPROCESSINGS

_IMAGES, _FEWEST_IMAGES = 1000, 150
_BYTES = 32 << 30  # of all activations that are looked at
# Less accuracy tells nothing, nor what is hardly more than one label for all would have.
_TELLING_ACCURACY, _BETTER_THAN_ONE_LABEL = 0.2, 0.1
# What is rarer must be right on so many more images, in deviations of their number.
_CLEARLY = 2.0
# Of the right one's accuracy, more than a wrong preprocessing leaves.
_WRONG = 0.6


@dataclass(frozen=True)
class Found:
    """What a network takes, and why that is believed.

    Attributes:
        preprocessing: What stands in front of the network from now on.
        accuracies: Clean accuracy in [0, 1] of each kind that was tried.
    """

    preprocessing: Preprocessing
    accuracies: dict[str, float] = field(default_factory=dict)


def found_preprocessing(
    network: keras.Model,
    clean: Dataset,
    kind: str | None,
    shown: Callable[[list[Preprocessing]], Iterable[Preprocessing]] = iter,
) -> Found:
    """What a user says that the network takes, or what clean images tell.

    Args:
        network: A classifier on what it was trained with.
        clean: Clean images, whose mean and deviation ``standard`` needs.
        kind: One of ``settings.PREPROCESSINGS``; None = find it.
        shown: Gives what it is given, and shows how far the work is, where that is long.

    Raises:
        SettingError: If a network of so many channels can not have been trained so.
    """
    if kind is None:
        return find_preprocessing(network, clean, shown)
    sample = _sample(clean, network)
    ways = named(kind, _channels(network), sample.images)
    labelled = len(ways) > 1 and (sample.labels >= 0).all()
    right = _judged(network, sample, ways) if labelled else []
    return Found(ways[_clearly_best(right)] if right else ways[0])


def find_preprocessing(
    network: keras.Model,
    clean: Dataset,
    shown: Callable[[list[Preprocessing]], Iterable[Preprocessing]] = iter,
) -> Found:
    """What lets the network know its clean images best.

    With labels that is clean accuracy; what is rarer must be clearly better. Without
    (all labels -1), or with labels that mean nothing to the network, it is steadiness: on
    what it was trained with a network keeps its answers when the light changes a little,
    and they are many different ones. A network that begins with layers that rescale or
    normalise takes raw pixels, unless it knows hardly any images so.

    Args:
        network: A classifier on what it was trained with.
        clean: Clean images; at most 1000, evenly spread, are looked at, at least 150.
        shown: As above.
    """
    sample = _sample(clean, network)
    ways = list(_ways(network, sample))
    if (sample.labels >= 0).all():
        right = _judged(network, sample, shown(ways) if _is_large(network) else ways)
        accuracies: dict[str, float] = {}
        for way, share in zip(ways, (each.mean() for each in right), strict=False):
            accuracies[way.kind] = max(float(share), accuracies.get(way.kind, 0))
        if max(accuracies.values()) >= _telling(sample.labels):
            best = _clearly_best(right)
            if rescales_itself(network) and right[0].sum() > _WRONG * right[best].sum():
                best = 0
            return Found(ways[best], accuracies)
    else:
        accuracies = {}
    if ways[0].kind == "raw":
        return Found(ways[0], accuracies)
    return Found(steadiest(network, sample, ways), accuracies)


def _telling(labels: np.ndarray) -> float:
    commonest = np.bincount(labels).max() / len(labels)
    better = min(float(commonest) + _BETTER_THAN_ONE_LABEL, 0.9)
    return max(_TELLING_ACCURACY, better)


def _ways(network: keras.Model, sample: Dataset) -> Iterator[Preprocessing]:
    """All that may be, the likeliest first."""
    inside = rescales_itself(network)
    for kind in sorted(PREPROCESSINGS, key=lambda kind: inside and kind != "raw"):
        try:
            yield from named(kind, _channels(network), sample.images)
        except SettingError:  # not of so many channels
            continue


def rescales_itself(network: keras.Model) -> bool:
    """Whether layers that rescale or normalise come before any other that has weights."""
    for layer in network.layers:
        if isinstance(layer, layers.Rescaling | layers.Normalization):
            return True
        if layer.weights:
            return False
    return False


def _clearly_best(right: list[np.ndarray]) -> int:
    """The first way, unless a later one is right on clearly more images.

    Raw pixels and those divided by 255 are told apart by plain accuracy.
    """
    best = 0
    for index, later in enumerate(right):
        gained = int((later & ~right[best]).sum())
        lost = int((right[best] & ~later).sum())
        enough = 0 if index == 1 else _CLEARLY * np.sqrt(gained + lost)
        if gained - lost > enough:
            best = index
    return best


def _judged(
    network: keras.Model, sample: Dataset, ways: Iterable[Preprocessing]
) -> list[np.ndarray]:
    """Under each way which images are right, until no later way can be better."""
    right: list[np.ndarray] = []
    for way in ways:  # all of them, so that a bar comes to its end
        if not right or _may_be_better(right):
            right.append(labels_under(network, sample.images, way) == sample.labels)
    return right


def _may_be_better(right: list[np.ndarray]) -> bool:
    """Whether a way that is right on all images would replace the best so far."""
    every = np.ones_like(right[0])
    return _clearly_best([*right, every]) == len(right)


def _sample(clean: Dataset, network: keras.Model) -> Dataset:
    """Images, evenly spread; fewer for large networks, which take long for each."""
    most = max(_FEWEST_IMAGES, gradient_batch(network, _IMAGES, _BYTES))
    step = -(-len(clean) // most)
    return clean.subset(np.arange(0, len(clean), step))


def _is_large(network: keras.Model) -> bool:
    return gradient_batch(network, _IMAGES, _BYTES) < _IMAGES


def _channels(network: keras.Model) -> int:
    shape = network.input_shape[1:]
    return int(shape[2]) if len(shape) == 3 else 1
