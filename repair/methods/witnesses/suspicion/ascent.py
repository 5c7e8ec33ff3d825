"""Makes a pattern lead ever more images to a label.

References:
    Moosavi-Dezfooli et al., *Universal Adversarial Perturbations*, arXiv:1610.08401.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from repair.methods.witnesses.recipe import Recipe
from repair.network.inference import gradient_batch

# A probability below it counts as this.
_SMALLEST = 1e-30
# Of a step, as a share of a pattern's greatest length, and of the steps before.
_STEP, _MOMENTUM = 0.12, 0.8


class Ascent:
    """Steps that make a pattern lead more images to a label, within a fixed length."""

    def __init__(
        self,
        network: keras.Model,
        images: np.ndarray,
        recipe: Recipe,
        generator: np.random.Generator,
    ) -> None:
        self.images, self.generator = images, generator
        self.size = min(gradient_batch(network, recipe.sought_batch), len(images))
        self.most = recipe.faint * float(np.sqrt(np.prod(images.shape[1:])))

        @tf.function(reduce_retracing=True)
        def slope(images: tf.Tensor, change: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(change)
                marked = tf.clip_by_value(images + change, 0, 255)
                told = tf.gather(network(marked, training=False), label, axis=1)
                sure = tf.reduce_mean(tf.math.log(told + _SMALLEST))
            return tape.gradient(sure, change)

        self.slope = slope

    def __call__(
        self, change: np.ndarray, moved: np.ndarray, label: int, steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """A pattern and its momentum after so many steps more.

        Args:
            change: ``(rows, columns, channels)`` float32, the pattern so far.
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
