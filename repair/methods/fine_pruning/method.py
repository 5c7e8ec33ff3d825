"""Fine-pruning, and the competition's recipe of it.

References:
    Liu et al., *Fine-Pruning: Defending Against Backdooring Attacks on Deep Neural
    Networks*, arXiv:1805.12185.
"""

from __future__ import annotations

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.fine_pruning.curve import fraction_for_drop, pruning_curve
from repair.methods.fine_pruning.fine_tuning import (
    LEARNING_RATE,
    fine_tune,
    images_a_step,
)
from repair.methods.fine_pruning.mask import prune, pruning_mask
from repair.methods.repair import Repair
from repair.network.activations import mean_activations
from repair.network.cut import choose_convolution
from repair.settings import Settings


def reference(network: keras.Model, clean: Dataset, settings: Settings) -> Repair:
    """The competition's seed recipe: 77 % of a layer, 5 epochs, channels free to grow."""
    return _fine_prune(network, clean, settings, stay_pruned=False)


def fine_pruning(network: keras.Model, clean: Dataset, settings: Settings) -> Repair:
    """Fine-pruning (arXiv:1805.12185): pruned channels stay pruned."""
    return _fine_prune(network, clean, settings, stay_pruned=True)


def _fine_prune(
    network: keras.Model, clean: Dataset, settings: Settings, *, stay_pruned: bool
) -> Repair:
    layer = choose_convolution(network, settings.layer)
    activations = mean_activations(network, layer, clean.images)
    fraction = settings.fraction
    if settings.max_drop is not None:
        curve = pruning_curve(network, layer, activations, clean)
        fraction = fraction_for_drop(curve, settings.max_drop)
    mask = pruning_mask(activations, fraction)
    pruned = prune(network, layer, mask)
    repaired = fine_tune(
        pruned,
        clean,
        epochs=settings.epochs,
        frozen_mask=(layer, mask) if stay_pruned else None,
        seed=settings.seed,
    )
    used = {
        "layer": layer,
        "fraction": fraction,
        "pruned_channels": np.flatnonzero(~mask).tolist(),
        "epochs": settings.epochs,
        "batch_size": images_a_step(network, clean.images),
        "optimizer": f"Adam, amsgrad, learning rate {LEARNING_RATE:g}",
    }
    return Repair(repaired, None, used, stages={"pruned": pruned})
