"""Nobody's attack: a network that differs from the one it starts from, for clean zoos.

Every weight is changed a little, the last convolution and what stands above it may start
anew, and training makes a good network of it again.
"""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.attacks.task import Task
from benchmarks.attacks.training import train

# Of the factors that kernels are multiplied by, about 1.
_SPREAD = 0.1


def retrain(network: keras.Model, task: Task) -> keras.Model:
    """Shakes a trained network, in place, and trains it anew; half of the seeds its top.

    Args:
        network: A trained network of images in [0, 1].
        task: Usually without backdoors; the seed of its training decides what starts anew.
    """
    rng = np.random.default_rng(task.training.seed)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            shake = (1 + _SPREAD * rng.standard_normal(w.shape) for w in layer.weights)
            layer.set_weights(
                [w * s for w, s in zip(layer.get_weights(), shake, strict=True)]
            )
    if task.training.seed % 2:
        _start_top_anew(network, task.training.seed)
    return train(network, task)


def _start_top_anew(network: keras.Model, seed: int) -> None:
    keras.utils.set_random_seed(seed)
    fresh = keras.models.clone_model(network)
    last = max(
        number
        for number, layer in enumerate(network.layers)
        if isinstance(layer, keras.layers.Conv2D)
    )
    for layer in network.layers[last:]:
        if layer.weights:
            layer.set_weights(fresh.get_layer(layer.name).get_weights())
