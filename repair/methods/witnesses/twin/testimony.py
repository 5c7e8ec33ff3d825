"""What twins say of clean images that they were not trained on.

Two twins are trained, each on one half of the clean images, and asked about the other
half. The first is the one that is heard in the detector; the second only says what a twin
would have said of the images that the first was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.evidence import table
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.twin.forgetting import (
    forget,
    obeyed,
    untrained_twin,
)
from repair.rule import Witness


@dataclass(frozen=True)
class Testimony:
    """A twin, and how telling its obedience is.

    Attributes:
        network: The twin, a classifier of plain pixels with the BadNet's input.
        witness: How its answers are read.
        evidence: ``(m,)`` float64, of each clean image by a twin that has not seen it.
        steps: Number of steps in which it forgot.
    """

    network: keras.Model
    witness: Witness
    evidence: np.ndarray
    steps: int

    def obedience(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """How sure the twin is of labels for images, ``(n,)`` float32."""
        return obeyed(self.network, images, labels)


def hear_twins(
    network: keras.Model,
    clean: Dataset,
    answers: np.ndarray,
    recipe: Recipe,
    generator: np.random.Generator,
) -> Testimony:
    """Trains two twins and hears both.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        clean: Clean images and their labels.
        answers: ``(m,)`` int64, the BadNet's labels for them.
        recipe: How twins are trained and read.
        generator: Source of all randomness.
    """
    half = generator.permutation(len(clean)) % 2
    told = np.zeros(len(clean))
    heard, steps = [], []
    for turn in (0, 1):
        twin = untrained_twin(network)
        own, others = np.flatnonzero(half == turn), np.flatnonzero(half != turn)
        some = others[: recipe.watched]
        watched = clean.images[some], answers[some]
        steps.append(forget(twin, clean.subset(own), watched, recipe, generator))
        said = obeyed(twin, clean.images[others], answers[others])
        witness = Witness("twin", "obeys", *table(said, recipe.knots))
        told[others] = np.interp(said, witness.values, witness.evidence)
        heard.append((twin, witness))
    return Testimony(*heard[0], told, steps[0])
