"""How surely changed images are led to a label: what tells a trigger from a resemblance.

In any network there are changes that lead many images to some label. But a BadNet is surer
of an image with its trigger than of clean images, and so is a twin that has begun to forget
these, which a change that merely makes images resemble a class cannot bring about.

References:
    Xie et al., *BaDExpert*, arXiv:2308.12439 (a twin tells a trigger from all else).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.twin.forgetting import obeyed
from repair.network.inference import outputs
from repair.witness import obedience

# Fewer images of a class do not tell how sure the network is of it.
_FEWEST = 3


@dataclass(frozen=True)
class Led:
    """What a change does to images of other classes.

    Attributes:
        worked: Share of them that it leads to the label, in [0, 1].
        strength: How sure BadNet and twin are of three quarters of these at least, on
            average, as a multiple of what tells of a trigger.
    """

    worked: float = 0.0
    strength: float = 0.0


class Leading:
    """Says of changed images how surely they are led to a label.

    Attributes:
        tells: ``(N,)`` float64, log odds of each label that tell of a trigger.
    """

    def __init__(
        self,
        network: keras.Model,
        twin: keras.Model,
        clean: Dataset,
        answers: np.ndarray,
        num_classes: int,
        recipe: Recipe,
    ) -> None:
        """Asks how sure the network is of clean images.

        Args:
            network: The BadNet, a classifier of plain pixels; it is not changed.
            twin: A copy that has begun to forget, the same.
            clean: Clean images.
            answers: ``(n,)`` int64, the BadNet's labels for them.
            num_classes: N.
            recipe: How sure it must be.
        """
        self.network, self.twin, self.recipe = network, twin, recipe
        sure = obedience(outputs(network, clean.images), answers)
        usual = usual_certainty(sure, answers, num_classes)
        self.tells = recipe.led_surely * (usual + recipe.led_margin)

    def __call__(self, images: np.ndarray, label: int) -> Led:
        """What became of changed images of other classes.

        Args:
            images: ``(n, rows, columns, channels)`` float32, 0..255; at least one.
            label: Where they are to be led.
        """
        told, labels = outputs(self.network, images), np.full(len(images), label)
        sure = (obedience(told, labels) + obeyed(self.twin, images, labels)) / 2
        return Led(
            worked=float(np.mean(told.argmax(axis=1) == label)),
            strength=float(np.quantile(sure, 1 - self.recipe.led) / self.tells[label]),
        )

    def apart(self, leds: Mapping[int, Led]) -> dict[int, Led]:
        """By label, with the strength that counts: of large images, or a weak network, less.

        Changes lead surely to any label there, so what leads to the label in the middle is
        the measure.
        """
        each = sorted(led.strength for led in leds.values())
        middle = each[(len(each) - 1) // 2] if each else 0.0
        level = max(self.recipe.led_apart * middle, 1.0)
        return {
            label: replace(led, strength=led.strength / level)
            for label, led in leds.items()
        }


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
