"""A faint pattern that leads images of any class to a label, sought for every label.

In any network there are patterns that lead many images to some label. But a BadNet is surer
of an image with its trigger than of clean images, and so is a twin that has begun to forget
these, which a pattern that merely resembles a class cannot bring about. A pattern may be
anywhere: a small sticker weighs as much as a faint one all over the image.

References:
    Xie et al., *BaDExpert*, arXiv:2308.12439 (a twin tells a trigger from all else).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.ascent import Ascent
from repair.methods.witnesses.twin.forgetting import obeyed
from repair.network.inference import outputs
from repair.process.progress import progress
from repair.witness import obedience

# Fewer images of a class do not tell how sure the network is of it.
_FEWEST = 3


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
    ascent = Ascent(network, clean.images, recipe, generator)
    heard = generator.permutation(len(clean))[: recipe.watched]
    sure = obedience(outputs(network, clean.images), answers)
    usual = usual_certainty(sure, answers, len(draws))
    tells = recipe.led_surely * (usual + recipe.led_margin)
    nothing = np.zeros(clean.images.shape[1:], np.float32)
    found: dict[int, Pattern] = {}
    order = np.argsort(-draws, kind="stable")
    for count, steps in zip(recipe.sought, recipe.sought_steps, strict=False):
        for label in progress(order[:count].tolist(), label="patterns sought"):
            last = found.get(label, Pattern(nothing, nothing))
            change, slope = ascent(last.change, last.slope, label, steps)
            others = heard[answers[heard] != label]
            if not len(others):
                continue
            images = np.clip(clean.images[others] + change, 0, 255)
            told, labels = outputs(network, images), np.full(len(images), label)
            sure = (obedience(told, labels) + obeyed(twin, images, labels)) / 2
            found[label] = Pattern(
                *(change, slope),
                worked=float(np.mean(told.argmax(axis=1) == label)),
                strength=float(np.quantile(sure, 1 - recipe.led) / tells[label]),
            )
        order = np.array(sorted(found, key=lambda x: (-found[x].strength, x)))
    level = recipe.led_apart * _lower_median([each.strength for each in found.values()])
    return {
        label: replace(each, strength=each.strength / max(level, 1.0))
        for label, each in found.items()
    }


def _lower_median(values: list[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2] if values else 0.0


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
