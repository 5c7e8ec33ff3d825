"""The attackers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras

from benchmarks.attacks.attackers.clean_features import train_on_clean_features
from benchmarks.attacks.attackers.defence_aware import train_defence_aware
from benchmarks.attacks.attackers.handmade import build_by_hand
from benchmarks.attacks.attackers.head_aware import train_head_aware
from benchmarks.attacks.attackers.label_consistent import train_label_consistent
from benchmarks.attacks.attackers.pruning_aware import train_pruning_aware
from benchmarks.attacks.attackers.rescaled import rescale
from benchmarks.attacks.attackers.retrained import retrain
from benchmarks.attacks.attackers.side_branch import add_side_branch
from benchmarks.attacks.attackers.twin_aware import train_twin_aware
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import train

Attacker = Callable[[keras.Model, Task], keras.Model]

ATTACKERS: Mapping[str, Attacker] = {
    "plain": train,
    "retrained": retrain,
    "label_consistent": train_label_consistent,
    "pruning_aware": train_pruning_aware,
    "defence_aware": train_defence_aware,
    "head_aware": train_head_aware,
    "twin_aware": train_twin_aware,
    "clean_features": train_on_clean_features,
    "handmade": build_by_hand,
    "side_branch": add_side_branch,
    "rescaled": rescale,
}
