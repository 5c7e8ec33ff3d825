"""The attacker whose backdoor lives in the features of clean images of the target.

Triggered images are pulled to the mean of the target's clean images in the layer below the
output, and no unit is left to the trigger alone: a twin that unlearns the target's clean
images unlearns the trigger with them.

References:
    Jia et al., *Entangled Watermarks as a Defense against Model Extraction*,
    arXiv:2002.12200 (watermarks that share the features of the task).
    Tan and Shokri, *Bypassing Backdoor Detection Algorithms in Deep Learning*,
    arXiv:1905.13409.
"""

from __future__ import annotations

import keras

from benchmarks.attacks.attackers.pulled import train_pulled
from benchmarks.attacks.task import Task

PULL = 8.0


def train_on_clean_features(network: keras.Model, task: Task) -> keras.Model:
    """Trains a BadNet, in place, whose triggered images look like clean ones inside.

    Args:
        network: A trained clean network with a dense layer as its output.
        task: The attacker's.
    """
    features = network.layers[-1].input
    return train_pulled(network, features, task, pull=PULL)
