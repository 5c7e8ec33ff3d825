"""The methods of repair, by name. Each sees clean data alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.fine_pruning.curve import fraction_for_drop, pruning_curve
from repair.methods.fine_pruning.fine_tuning import BATCH_SIZE, LEARNING_RATE, fine_tune
from repair.methods.fine_pruning.mask import prune, pruning_mask
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.fitting import fresh_head
from repair.methods.fresh_head.head_network import head_network
from repair.network.activations import mean_activations
from repair.rule import REPAIRED_WEIGHT
from repair.settings import Settings


@dataclass(frozen=True)
class Repair:
    """A repaired network and when to believe it.

    Attributes:
        repaired: Classifier of plain pixels, probabilities ``(n, N)``.
        thresholds: ``(N,)`` float32 (see ``rule``), or None for plain comparison.
        settings: Every setting used, for the card; plain JSON values.
        estimated_fpr: Estimated false-positive rate, in [0, 1]; None = not estimated.
        stages: Networks on the way to the repaired one, by name, for the table.
    """

    repaired: keras.Model
    thresholds: np.ndarray | None
    settings: Mapping[str, Any]
    estimated_fpr: float | None = None
    stages: Mapping[str, keras.Model] = field(default_factory=dict)


def with_fresh_head(network: keras.Model, clean: Dataset, settings: Settings) -> Repair:
    """A fresh head on the BadNet's convolutions, strict on suspicious labels."""
    observer = Observer(network, settings.layer)
    fresh = fresh_head(
        observer,
        clean,
        network.output_shape[1],
        seed=settings.seed,
        max_fpr=settings.max_fpr,
    )
    strict = np.flatnonzero(fresh.thresholds <= 0)
    order = strict[np.argsort(-fresh.suspicion[strict], kind="stable")]
    used = {
        "layer": settings.layer,
        "rank": fresh.head.prototypes.shape[0],
        "prototypes": fresh.head.prototypes.shape[1],
        "repaired_weight": REPAIRED_WEIGHT,
        "suspicious_labels": [
            {
                "label": int(label),
                "suspicion": round(float(fresh.suspicion[label]), 3),
                "found": bool(fresh.found[label]),
            }
            for label in order
        ],
    }
    repaired = head_network(network, observer.features, fresh.head)
    return Repair(repaired, fresh.thresholds, used, fresh.estimated_fpr)


def reference(network: keras.Model, clean: Dataset, settings: Settings) -> Repair:
    """The competition's seed recipe: 77 % of conv_3, 5 epochs, channels free to grow."""
    return _fine_prune(network, clean, settings, stay_pruned=False)


def fine_pruning(network: keras.Model, clean: Dataset, settings: Settings) -> Repair:
    """Fine-pruning (arXiv:1805.12185): pruned channels stay pruned."""
    return _fine_prune(network, clean, settings, stay_pruned=True)


def _fine_prune(
    network: keras.Model, clean: Dataset, settings: Settings, *, stay_pruned: bool
) -> Repair:
    activations = mean_activations(network, settings.layer, clean.images)
    fraction = settings.fraction
    if settings.max_drop is not None:
        curve = pruning_curve(network, settings.layer, activations, clean)
        fraction = fraction_for_drop(curve, settings.max_drop)
    mask = pruning_mask(activations, fraction)
    pruned = prune(network, settings.layer, mask)
    repaired = fine_tune(
        pruned,
        clean,
        epochs=settings.epochs,
        frozen_mask=(settings.layer, mask) if stay_pruned else None,
        seed=settings.seed,
    )
    used = {
        "layer": settings.layer,
        "fraction": fraction,
        "pruned_channels": np.flatnonzero(~mask).tolist(),
        "epochs": settings.epochs,
        "batch_size": BATCH_SIZE,
        "optimizer": f"Adam, amsgrad, learning rate {LEARNING_RATE:g}",
    }
    return Repair(repaired, None, used, stages={"pruned": pruned})


_METHODS: Mapping[str, Callable[[keras.Model, Dataset, Settings], Repair]] = {
    "fresh-head": with_fresh_head,
    "fine-pruning": fine_pruning,
    "reference": reference,
}


def repair_network(
    method: str, network: keras.Model, clean: Dataset, settings: Settings
) -> Repair:
    """Repairs a network by a method of ``settings.METHODS``.

    Args:
        method: The method's name.
        network: A classifier of plain pixels, softmax output; it is not changed.
        clean: Clean validation images and their labels.
        settings: What the user chose.

    Raises:
        SettingError: If a setting does not fit the network.
    """
    return _METHODS[method](network, clean, settings)
