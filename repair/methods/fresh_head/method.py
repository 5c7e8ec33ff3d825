"""The default method as a repair: the network, its thresholds, what the card says."""

from __future__ import annotations

import keras

from repair.dataset import Dataset
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.fitting import fit_fresh_head
from repair.methods.fresh_head.head_network import head_network
from repair.methods.fresh_head.recipe import recipe_for
from repair.methods.repair import Repair
from repair.network.cut import choose_layer
from repair.rule import REPAIRED_WEIGHT
from repair.settings import Settings


def fresh_head(network: keras.Model, clean: Dataset, settings: Settings) -> Repair:
    """A fresh head on the BadNet's convolutions, strict on suspicious labels."""
    num_classes = network.output_shape[1]
    recipe = recipe_for(num_classes, len(clean))
    layer, reason = choose_layer(network, settings.layer)
    observer = Observer(network, layer, recipe.max_features)
    fresh = fit_fresh_head(
        observer,
        clean,
        num_classes,
        recipe,
        seed=settings.seed,
        max_fpr=settings.max_fpr,
    )
    findings = fresh.findings
    used = {
        "layer": layer,
        "layer_reason": reason,
        "rank": fresh.head.prototypes.shape[0],
        "prototypes": fresh.head.prototypes.shape[1],
        "repaired_weight": REPAIRED_WEIGHT,
        "found_from": recipe.found_from,
        "strict_labels": findings.strict_labels(),
    }
    repaired = head_network(network, observer.features, fresh.head)
    return Repair(repaired, findings.thresholds, used, findings.estimated_fpr)
