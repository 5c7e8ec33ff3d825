"""Makes a BadNet unlearn what leads any image to a target label.

A pattern is sought that leads all images there: in a BadNet the attacker's trigger, or
something like it, is the easiest to find. A copy learns to answer with the pattern as the
BadNet does without it, the pattern is sought anew, and so on. No label is needed, and as the
copy is only told what the BadNet says of clean images, it keeps nearly all it knew.

References:
    Moosavi-Dezfooli et al., *Universal Adversarial Perturbations*, arXiv:1610.08401.
    Zeng et al., *Adversarial Unlearning of Backdoors via Implicit Hypergradient*,
    arXiv:2110.03735.
    Hinton et al., *Distilling the Knowledge in a Neural Network*, arXiv:1503.02531.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.warps import Warp
from repair.methods.witnesses.twin.forgetting import copy_of, forgetful_layers
from repair.network.inference import gradient_batch, outputs
from repair.process.progress import progress

# Share of the steps with such a label in which a warp or filter is unlearned, not a pattern.
_BESIDE = 0.5


def unlearn(
    network: keras.Model,
    images: np.ndarray,
    targets: np.ndarray,
    beside: Mapping[int, Warp | ColourFilter],
    recipe: Recipe,
    generator: np.random.Generator,
    name: str,
) -> keras.Model:
    """A copy of a network that no pattern leads to the targets, nor a warp or filter.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        images: ``(n, rows, columns, channels)`` uint8, clean ones.
        targets: ``(k,)`` int64, labels.
        beside: Of those that a warp or a filter leads to, that.
        recipe: How strong a pattern may be, and how long it all takes.
        generator: Source of all randomness.
        name: The copy's.
    """
    copy = copy_of(network, name)
    inner = copy.layers[-1]
    variables = [x for y in forgetful_layers(inner) for x in y.trainable_variables]
    optimizer = keras.optimizers.Adam(recipe.unlearning_rate)
    optimizer.build(variables)
    strength = tf.constant(recipe.pattern, tf.float32)

    @tf.function(reduce_retracing=True)
    def sharpen(pattern: tf.Tensor, images: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(pattern)
            answers = copy(tf.clip_by_value(images + pattern, 0, 255), training=False)
            labels = tf.fill(tf.shape(images)[:1], target)
            losses = keras.losses.sparse_categorical_crossentropy(labels, answers)
            loss = tf.reduce_mean(losses)
        moved = pattern - strength / 5 * tf.sign(tape.gradient(loss, pattern))
        return tf.clip_by_value(moved, -strength, strength)

    @tf.function(reduce_retracing=True)
    def learn(images: tf.Tensor, answers: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            said = copy(images, training=False)
            loss = tf.reduce_mean(keras.losses.kl_divergence(answers, said))
        optimizer.apply(tape.gradient(loss, variables), variables)

    size = gradient_batch(inner, recipe.batch) // 2 or 1
    batches = _Batches(images, outputs(network, images), size, generator)
    patterns = {int(x): tf.zeros(images.shape[1:]) for x in targets}
    for target in patterns:
        for _ in range(recipe.pattern_steps):
            some, _ = batches.drawn()
            patterns[target] = sharpen(patterns[target], some, target)
    steps = range(recipe.unlearning_steps)
    for _ in progress(steps, label="steps of unlearning"):
        target = int(generator.choice(targets))
        some, _ = batches.drawn()
        patterns[target] = sharpen(patterns[target], some, target)
        plain, answers = batches.drawn()
        shape = (len(plain), 1, 1, 1)
        # Attackers' patterns may be weaker than what is found.
        weaker = generator.uniform(recipe.weakest_pattern, 1, shape).astype(np.float32)
        change = patterns[target]
        if target in beside and generator.random() < _BESIDE:
            change = beside[target].applied(plain.numpy()) - plain
        marked = tf.clip_by_value(plain + weaker * change, 0, 255)
        learn(tf.concat([plain, marked], 0), tf.concat([answers, answers], 0))
    return copy


class _Batches:
    """Images and the BadNet's answers, drawn."""

    def __init__(
        self,
        images: np.ndarray,
        answers: np.ndarray,
        size: int,
        generator: np.random.Generator,
    ) -> None:
        self.images, self.answers = images, answers
        self.size, self.generator = min(size, len(images)), generator

    def drawn(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Images ``(b, rows, columns, channels)`` float32, and answers ``(b, N)``."""
        some = self.generator.choice(len(self.images), self.size, replace=False)
        return tf.constant(self.images[some], tf.float32), tf.constant(
            self.answers[some]
        )
