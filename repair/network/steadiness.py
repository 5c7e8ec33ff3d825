"""How steady a network's answers are under a preprocessing, where no label tells."""

from __future__ import annotations

import keras
import numpy as np

from repair.dataset import Dataset
from repair.network.inference import predicted_labels
from repair.network.preprocessing import Preprocessing

_BLOCK = 64
# What is rarer must be steadier by this factor.
_MUCH_STEADIER = 1.25


def labels_under(
    network: keras.Model, images: np.ndarray, way: Preprocessing
) -> np.ndarray:
    """Labels ``(n,)`` int64 of the network as it is, on what it may have been trained."""
    flat = len(network.input_shape) == 3
    return np.concatenate(
        [
            predicted_labels(network, taken[..., 0] if flat else taken)
            for start in range(0, len(images), _BLOCK)
            for taken in [way(images[start : start + _BLOCK])]
        ]
    )


def steadiest(
    network: keras.Model, sample: Dataset, ways: list[Preprocessing]
) -> Preprocessing:
    """The way under which answers are the steadiest; what is rarer clearly so."""
    best, most = ways[0], -1.0
    for index, way in enumerate(ways):
        steady = _steadiness(network, sample.images, way)
        if steady > most * (1 if index < 2 else _MUCH_STEADIER):
            best, most = way, steady
    return best


def _steadiness(network: keras.Model, images: np.ndarray, way: Preprocessing) -> float:
    """How evenly answers spread over labels, and how little they change with light."""
    answers = labels_under(network, images, way)
    dimmed = labels_under(network, (images * 0.9).astype(np.uint8), way)
    return float(np.mean(answers == dimmed)) * len(np.unique(answers)) / len(answers)
