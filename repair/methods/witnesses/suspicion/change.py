"""A change of images that is sought for a label, in steps, ever longer for the nearest ones.

References:
    Moosavi-Dezfooli et al., *Universal Adversarial Perturbations*, arXiv:1610.08401.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar

import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.methods.witnesses.suspicion.ascent import Ascent
from repair.methods.witnesses.suspicion.leading import Leading, Led
from repair.process.progress import progress


@dataclass(frozen=True)
class Change(ABC):
    """A change that was sought for a label.

    Attributes:
        change: float32, what it is, in a shape of its kind.
        slope: The same shape, the steps that led there.
        led: What it does to images of other classes.
    """

    sought: ClassVar[str]  # what the bar says meanwhile
    change: np.ndarray
    slope: np.ndarray
    led: Led = field(default_factory=Led)

    @staticmethod
    @abstractmethod
    def made(images: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
        """What a change makes of images, ``(n, rows, columns, channels)`` float32, 0..255."""

    def applied(self, images: np.ndarray) -> np.ndarray:
        """Images with it, ``(n, rows, columns, channels)`` float32, 0..255."""
        given = tf.constant(images, tf.float32)
        return np.asarray(self.made(given, tf.constant(self.change)))


Kind = TypeVar("Kind", bound=Change)


def seek_in_rounds(
    kind: type[Kind],
    nothing: np.ndarray,
    most: float,
    leading: Leading,
    clean: Dataset,
    answers: np.ndarray,
    draws: np.ndarray,
    generator: np.random.Generator,
) -> dict[int, Kind]:
    """Seeks a change for every label, ever longer for those that are easier to reach.

    Args:
        kind: Of change.
        nothing: What changes nothing, float32.
        most: Greatest length of a change.
        leading: How surely images are led; where its recipe seeks none, none is.
        clean: Clean images.
        answers: ``(n,)`` int64, the BadNet's labels for them.
        draws: ``(N,)``, how many disturbed images each label draws; of very many labels,
            those that draw most are tried.
        generator: Source of all randomness.

    Returns:
        By label, of those that were tried.
    """
    recipe = leading.recipe
    ascent = Ascent(leading, clean.images, kind.made, most, generator)
    heard = generator.permutation(len(clean))[: recipe.watched]
    found: dict[int, Kind] = {}
    order = np.argsort(-draws, kind="stable")
    for count, steps in zip(recipe.sought, recipe.sought_steps, strict=False):
        for label in progress(order[:count].tolist(), label=kind.sought):
            last = found.get(label, kind(nothing, nothing))
            one = kind(*ascent(last.change, last.slope, label, steps))
            others = heard[answers[heard] != label]
            if not len(others):
                continue
            led = leading(one.applied(clean.images[others]), label)
            found[label] = replace(one, led=led)
        order = np.array(sorted(found, key=lambda x: (-found[x].led.strength, x)))
    apart = leading.apart({label: each.led for label, each in found.items()})
    return {label: replace(found[label], led=led) for label, led in apart.items()}
