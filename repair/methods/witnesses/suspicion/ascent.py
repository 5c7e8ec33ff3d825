"""Makes a change lead ever more images to a label.

References:
    Moosavi-Dezfooli et al., *Universal Adversarial Perturbations*, arXiv:1610.08401.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from repair.methods.witnesses.suspicion.leading import Leading
from repair.network.inference import gradient_batch

# A probability below it counts as this.
_SMALLEST = 1e-30
# Of a step, as a share of a change's greatest length, and of the steps before.
_STEP, _MOMENTUM = 0.12, 0.8


class Ascent:
    """Steps that make a change lead more images to a label, within a fixed length."""

    def __init__(
        self,
        leading: Leading,
        images: np.ndarray,
        applied: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        most: float,
        generator: np.random.Generator,
    ) -> None:
        """What is to be changed, and how.

        Args:
            leading: Holds the network, a classifier of plain pixels, and the recipe.
            images: ``(n, rows, columns, channels)``, clean ones.
            applied: From images float32 and a change to changed images, 0..255.
            most: Greatest length of a change.
            generator: Source of all randomness.
        """
        self.images, self.most, self.generator = images, most, generator
        network, batch = leading.network, leading.recipe.sought_batch
        self.size = min(gradient_batch(network, batch), len(images))

        @tf.function(reduce_retracing=True)
        def slope(images: tf.Tensor, change: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(change)
                told = network(applied(images, change), training=False)
                sure = tf.math.log(tf.gather(told, label, axis=1) + _SMALLEST)
                sure = tf.reduce_mean(sure)
            return tape.gradient(sure, change)

        self.slope = slope

    def __call__(
        self, change: np.ndarray, moved: np.ndarray, label: int, steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """A change and its momentum after so many steps more.

        Args:
            change: float32, the change so far.
            moved: The same shape, its momentum.
            label: Where it is to lead.
            steps: How many.
        """
        for _ in range(steps):
            some = self.generator.choice(len(self.images), self.size, replace=False)
            images = tf.constant(self.images[some], tf.float32)
            uphill = self.slope(images, tf.constant(change), tf.constant(label))
            moved = _MOMENTUM * moved + of_length(uphill.numpy(), 1.0)
            change = change + of_length(moved, _STEP * self.most)
            if np.linalg.norm(change) > self.most:
                change = of_length(change, self.most)
        return change, moved


def of_length(change: np.ndarray, length: float) -> np.ndarray:
    """The same direction; nothing where there is none."""
    now = float(np.linalg.norm(change))
    return change * np.float32(length / now) if now > 0 else change
