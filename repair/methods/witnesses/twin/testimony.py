"""What twins say of clean images that they were not trained on.

Two twins are trained, each on one half of the clean images, and asked about the other
half. The first is the one that is heard in the detector; the second only says what a twin
would have said of the images that the first was trained on. A twin forgets some classes
less than others, so it is asked how much surer of a label it is than usual.
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
from repair.rule import Witness, told


@dataclass(frozen=True)
class Testimony:
    """A twin, and how telling its obedience is.

    Attributes:
        network: The twin, a classifier of plain pixels with the BadNet's input.
        witness: How its answers are read.
        evidence: ``(m,)`` float64, of each clean image by a twin that has not seen it.
        said: ``(m,)`` float32, how sure that one was of the BadNet's answer.
        steps: Number of steps in which it forgot.
    """

    network: keras.Model
    witness: Witness
    evidence: np.ndarray
    said: np.ndarray
    steps: int

    def of(self, said: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """How telling its obedience ``(n,)`` to labels ``(n,)`` is: ``(n,)`` float64."""
        return told(self.witness, said, labels)

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
    twins, steps = [], []
    said = np.zeros(len(clean), np.float32)
    for turn in (0, 1):
        twin = untrained_twin(network)
        own, others = np.flatnonzero(half == turn), np.flatnonzero(half != turn)
        some = others[: recipe.watched]
        watched = clean.images[some], answers[some]
        steps.append(forget(twin, clean.subset(own), watched, recipe, generator))
        said[others] = obeyed(twin, clean.images[others], answers[others])
        twins.append(twin)
    usual = usual_of_labels(said, answers, network.output_shape[1], recipe.shrinkage)
    evidence = np.zeros(len(clean))
    witnesses = []
    for turn in (0, 1):
        others = half != turn
        beyond = said[others] - usual[answers[others]]
        witness = Witness("twin", "obeys", *table(beyond, recipe.knots), usual)
        evidence[others] = told(witness, said[others], answers[others])
        witnesses.append(witness)
    return Testimony(twins[0], witnesses[0], evidence, said, steps[0])


def usual_of_labels(
    said: np.ndarray, labels: np.ndarray, num_classes: int, shrinkage: int
) -> np.ndarray:
    """How much surer than of others twins are of a label, for clean images that have it.

    Args:
        said: ``(m,)`` float32, how sure they are of each clean image's label.
        labels: ``(m,)`` int64.
        num_classes: N.
        shrinkage: A label of so many images counts half of what they say.

    Returns:
        ``(N,)`` float32, 0 for a label without images.
    """
    usual = np.zeros(num_classes, np.float32)
    middle = np.median(said)
    for label in np.unique(labels):
        own = said[labels == label]
        # A median of few is hardly more than chance, so they count for little.
        share = len(own) ** 2 / (len(own) ** 2 + shrinkage**2)
        usual[label] = share * (np.median(own) - middle)
    return usual
