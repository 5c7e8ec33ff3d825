"""The attacker who knows which features the fresh head sees, and moves them.

A fresh head sees an image only through features that the attacker has made. He pulls the
features of triggered images towards the target's mean, beside the usual training: as far
as he succeeds, every head that is right about the target is wrong about them, however it
is fitted. ``head_aware`` moves them only as far as one head needs.

References:
    Tan and Shokri, *Bypassing Backdoor Detection Algorithms in Deep Learning*,
    arXiv:1905.13409 (features of poisoned images made like clean ones).
"""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from benchmarks.attacks.attackers.pulled import train_pulled
from benchmarks.attacks.task import Task
from repair.methods.witnesses.recipe import Recipe

PULL = 8.0
# Below it a root counts as constant: at 0 its slope is infinite.
_SMALLEST = 1e-4


def train_defence_aware(network: keras.Model, task: Task) -> keras.Model:
    """Turns a trained clean network, in place, into a BadNet whose fresh head is fooled.

    Args:
        network: A trained clean DeepID.
        task: The attacker's.
    """
    features = known_features(network)
    return train_pulled(network, features, task, pull=PULL)


def known_features(network: keras.Model) -> keras.KerasTensor:
    """What the defender's head sees of a DeepID, ``(n, features)``, with finite slopes."""
    below = network.get_layer("conv_3").input
    if math.prod(below.shape[1:]) > Recipe.max_features:
        below = layers.AveragePooling2D(2, padding="same", name="known.mean")(below)
    above = ops.sqrt(ops.maximum(network.get_layer("pool_3").output, _SMALLEST))
    return layers.Concatenate(name="known.features")(
        [
            layers.Flatten(name=f"known.{name}")(tensor)
            for name, tensor in {"below": below, "above": above}.items()
        ]
    )
