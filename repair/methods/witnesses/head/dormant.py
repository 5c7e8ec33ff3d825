"""Which channels sleep on clean images, and can go without a loss of clean accuracy.

A backdoor needs channels that clean images do not; those that sleep are the first to be
suspected. They are pruned, the most dormant first, as long as the BadNet keeps its clean
accuracy without them.

References:
    Liu, Dolan-Gavitt and Garg, *Fine-Pruning*, arXiv:1805.12185.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from repair.dataset import Dataset
from repair.methods.witnesses.head.features import above
from repair.metrics import clean_accuracy
from repair.network.inference import outputs, predicted_labels
from repair.network.passages import passages

_IMAGES = 1_000
_TRIES = 24


def awake_channels(
    network: keras.Model, layer: str, clean: Dataset, drop: float
) -> np.ndarray:
    """The pruning mask of the channels that a head stands on.

    Args:
        network: The BadNet, a classifier of plain pixels.
        layer: Name of the layer that the head stands on.
        clean: Clean images; at most 1000, evenly spread, are looked at.
        drop: Most loss of clean accuracy, in [0, 1].

    Returns:
        Bool ``(channels,)``, True = kept. All are kept where a branch leads past the
        layer, since then nobody can tell what their silence costs.
    """
    tensor = above(network, layer)
    if not any(each.tensor is tensor for each in passages(network)[:-1]):
        return np.ones(tensor.shape[-1], bool)
    sample = clean.subset(np.arange(0, len(clean), -(-len(clean) // _IMAGES)))
    seen = outputs(
        keras.Model(network.input, layers.Identity(name="head.seen")(tensor)),
        sample.images,
    )
    above_it = keras.Model(tensor, network.output)
    order = np.argsort(
        np.abs(seen).mean(axis=tuple(range(seen.ndim - 1))), kind="stable"
    )

    def accuracy(mask: np.ndarray) -> float:
        return clean_accuracy(predicted_labels(above_it, seen * mask), sample.labels)

    kept = np.ones(len(order), bool)
    least = accuracy(kept) - drop
    most = len(order) - 1  # one is left to stand on
    for count in np.unique(np.linspace(min(1, most), most, _TRIES).round().astype(int)):
        fewer = kept.copy()
        fewer[order[:count]] = False
        if accuracy(fewer) < least:
            break
        kept = fewer
    return kept
