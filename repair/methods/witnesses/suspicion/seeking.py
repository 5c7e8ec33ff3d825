"""A faint pattern that leads images of any class to a label, sought for every label.

In any network there are patterns that lead many images to some label. But a BadNet is surer
of an image with its trigger than of clean images, and so is a twin that has begun to forget
these, which a pattern that merely resembles a class cannot bring about. A pattern may be
anywhere: a small sticker weighs as much as a faint one all over the image.

References:
    Moosavi-Dezfooli et al., *Universal Adversarial Perturbations*, arXiv:1610.08401.
    Xie et al., *BaDExpert*, arXiv:2308.12439 (a twin tells a trigger from all else).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.twin.forgetting import log_odds, obeyed
from repair.network.inference import batch_size, gradient_batch, predicted_labels
from repair.process.progress import progress

# A probability below it counts as this.
_SMALLEST = 1e-30
# Of a step, as a share of a pattern's greatest strength, and of the steps before.
_STEP, _MOMENTUM = 0.12, 0.8
# Share of the images that may be led there less surely: a trigger works on nearly all.
_LESS = 0.25
# Fewer images of a class do not tell how sure the network is of it.
_FEWEST = 3
# What tells of a trigger, in what is usual of clean images and these log odds: a weak
# network is sure of nothing.
_TELLS, _MARGIN = 0.9, 1.0


@dataclass(frozen=True)
class Pattern:
    """A pattern that was sought for a label.

    Attributes:
        change: ``(rows, columns, channels)`` float32, what is added to pixels of 0..255.
        slope: The same shape, the steps that led there.
        worked: Share of images of other classes that it leads to the label, in [0, 1].
        strength: How sure BadNet and twin are of three quarters of these at least, on
            average, as a multiple of what tells of a trigger.
    """

    change: np.ndarray
    slope: np.ndarray
    worked: float = 0.0
    strength: float = 0.0


def seek(
    network: keras.Model,
    twin: keras.Model,
    clean: Dataset,
    answers: np.ndarray,
    draws: np.ndarray,
    recipe: Recipe,
    generator: np.random.Generator,
) -> dict[int, Pattern]:
    """Seeks a pattern for every label, ever longer for those that are easier to reach.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        twin: A copy that has begun to forget, the same.
        clean: Clean images.
        answers: ``(n,)`` int64, the BadNet's labels for them.
        draws: ``(N,)``, how many disturbed images each label draws; of very many labels,
            those that draw most are tried.
        recipe: How many labels are kept in each round, for how many steps.
        generator: Source of all randomness.

    Returns:
        By label, of those that were tried.
    """
    if not recipe.sought:
        return {}
    ascent = _Ascent(network, clean.images, recipe, generator)
    heard = generator.permutation(len(clean))[: recipe.watched]
    step = batch_size(clean.images, network)
    sure = log_odds(network, clean.images, answers, step)
    usual = usual_certainty(sure, answers, len(draws))
    nothing = np.zeros(clean.images.shape[1:], np.float32)
    found: dict[int, Pattern] = {}
    order = np.argsort(-draws, kind="stable")
    for count, steps in zip(recipe.sought, recipe.sought_steps, strict=False):
        for label in progress(order[:count].tolist(), label="patterns sought"):
            last = found.get(label, Pattern(nothing, nothing))
            change, slope = ascent(last, label, steps)
            others = heard[answers[heard] != label]
            if not len(others):
                continue
            images = np.clip(clean.images[others] + change, 0, 255)
            labels = np.full(len(images), label)
            sure = log_odds(network, images, labels, step)
            sure = (sure + obeyed(twin, images, labels)) / 2
            found[label] = Pattern(
                *(change, slope),
                worked=float(np.mean(predicted_labels(network, images) == label)),
                strength=float(np.quantile(sure, _LESS) / _tells(usual[label])),
            )
        order = np.array(sorted(found, key=lambda x: (-found[x].strength, x)))
    return found


def _tells(usual: float) -> float:
    return _TELLS * (usual + _MARGIN)


def usual_certainty(
    sure: np.ndarray, answers: np.ndarray, num_classes: int
) -> np.ndarray:
    """How sure a network is of clean images with each answer, or of all if that is more.

    Args:
        sure: ``(n,)`` float32, log odds of its labels.
        answers: ``(n,)`` int64, these labels.
        num_classes: N.

    Returns:
        ``(N,)`` float64 medians of log odds, at least 0.
    """
    usual = np.full(num_classes, max(float(np.median(sure)), 0.0))
    for label, count in enumerate(np.bincount(answers, minlength=len(usual))):
        if count >= _FEWEST:
            usual[label] = max(usual[label], np.median(sure[answers == label]))
    return usual


class _Ascent:
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
        self, last: Pattern, label: int, steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The pattern and its momentum after so many steps more."""
        change, moved = last.change, last.slope
        for _ in range(steps):
            some = self.generator.choice(len(self.images), self.size, replace=False)
            images = tf.constant(self.images[some], tf.float32)
            uphill = self.slope(images, tf.constant(change), tf.constant(label))
            moved = _MOMENTUM * moved + _of_length(uphill.numpy(), 1.0)
            change = change + _of_length(moved, _STEP * self.most)
            if np.linalg.norm(change) > self.most:
                change = _of_length(change, self.most)
        return change, moved


def _of_length(change: np.ndarray, length: float) -> np.ndarray:
    """The same direction; nothing where there is none."""
    now = float(np.linalg.norm(change))
    return change * np.float32(length / now) if now > 0 else change
