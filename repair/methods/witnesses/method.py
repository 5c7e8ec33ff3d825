"""The default method as a repair: networks, the rule, what the card says."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.repair import Repair
from repair.methods.witnesses.fitting import Witnesses, fit_witnesses
from repair.methods.witnesses.head.head_network import head_network
from repair.methods.witnesses.recipe import Recipe, recipe_for
from repair.network.work import multiplications
from repair.rule import AGAINST_WEIGHT, REPAIRED_WEIGHT
from repair.settings import Settings


def witnesses(network: keras.Model, clean: Dataset, settings: Settings) -> Repair:
    """Prunes and tunes a repaired network, and hears further witnesses beside it."""
    recipe = chosen_recipe(network, clean, settings)
    heard = fit_witnesses(
        network, clean, recipe, seed=settings.seed, asked=settings.layer
    )
    return as_repair(network, heard, recipe)


def chosen_recipe(network: keras.Model, clean: Dataset, settings: Settings) -> Recipe:
    """The recipe for a network, at the operating point that the user chose.

    Raises:
        SettingError: If ``max_fpr`` is out of range.
    """
    work = multiplications(network)
    recipe = recipe_for(network.output_shape[1], len(clean), work)
    if settings.max_fpr is None:
        return recipe
    if not 0 <= settings.max_fpr <= 1:
        raise SettingError(
            f"expected --max-fpr in [0, 1]. Received: {settings.max_fpr}."
        )
    return replace(recipe, false_positives=settings.max_fpr)


def as_repair(network: keras.Model, heard: Witnesses, recipe: Recipe) -> Repair:
    """What the build fuses and writes."""
    taps = heard.observer.taps
    networks = {
        name: head_network(network, taps[name], told.head, name)
        for name, told in heard.heads.items()
    }
    repaired = networks.pop("head")
    if heard.unlearned is not None:
        networks[heard.unlearned.witness.name] = heard.unlearned.network
    if heard.twin is not None:
        networks |= {twin.name: twin for twin in heard.twin.networks}
    return Repair(
        repaired,
        heard.rule,
        _on_card(heard, recipe),
        heard.findings.estimated_fpr,
        witnesses=networks,
    )


def _on_card(heard: Witnesses, recipe: Recipe) -> dict[str, object]:
    pruned = np.flatnonzero(~heard.kept).tolist()
    head = heard.heads["head"].head
    return {
        "layer": heard.layer[0],
        "layer_reason": heard.layer[1],
        "channels": len(heard.kept),
        "pruned_channels": pruned,
        "pruning_drop": recipe.pruning_drop,
        "tuned": "in closed form: a linear discriminant of what is left",
        "rank": head.prototypes.shape[0],
        "prototypes": head.prototypes.shape[1],
        "repaired_weight": REPAIRED_WEIGHT,
        "against_weight": AGAINST_WEIGHT,
        "witnesses": [witness.name for witness in heard.rule.witnesses],
        "certainty": {
            witness.name: round(witness.slope, 6) for witness in heard.rule.witnesses
        },
        "held_out_accuracy": {
            name: None if np.isnan(told.accuracy) else round(told.accuracy, 6)
            for name, told in heard.heads.items()
        },
        "twin": {
            **({"steps": None} if heard.twin is None else heard.twin.on_card()),
            "batch_size": recipe.batch,
            "optimizer": f"Adam, learning rate {recipe.learning_rate:g}",
        },
        "unlearned": heard.unlearned
        and {
            "targets": list(heard.rule.targets),
            "most_change": recipe.pattern,
            "held_out_accuracy": round(heard.unlearned.accuracy, 6),
        },
        "false_positives": recipe.false_positives,
        **heard.for_verdict(),
    }
