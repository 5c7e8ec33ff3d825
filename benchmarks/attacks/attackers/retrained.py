"""Nobody's attack: a network that differs from the one it starts from, for clean zoos.

Every weight is changed a little, the last convolution and what stands above it may start
anew, and training makes a good network of it again.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.material import Material
from benchmarks.attacks.recipe import Training
from benchmarks.attacks.training import train

# Of the factors that kernels are multiplied by, about 1.
_SPREAD = 0.1


def retrain(
    network: keras.Model,
    material: Material,
    backdoors: Sequence[Backdoor],
    training: Training,
) -> keras.Model:
    """Shakes a trained network, in place, and trains it anew; half of the seeds its top.

    Args:
        network: A trained network of images in [0, 1].
        material: What it was or might have been trained on.
        backdoors: Usually none.
        training: How; its seed decides what starts anew.
    """
    rng = np.random.default_rng(training.seed)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            shake = (1 + _SPREAD * rng.standard_normal(w.shape) for w in layer.weights)
            layer.set_weights(
                [w * s for w, s in zip(layer.get_weights(), shake, strict=True)]
            )
    if training.seed % 2:
        _start_top_anew(network, training.seed)
    return train(network, material, backdoors, training)


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
