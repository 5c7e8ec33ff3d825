"""What twins say of clean images that they were not trained on.

Two twins are trained, each on one half of the clean images, and asked about the other
half. The first is the one that is heard in the detector; the second only says what a twin
would have said of the images that the first was trained on. Each is heard early and late in
its forgetting, and what is more telling counts. A twin forgets some classes less than
others, so it is asked how much surer of a label it is than usual.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.evidence import table, usual_of_labels
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.twin.forgetting import (
    as_it_is,
    copy_of,
    forget,
    obeyed,
)
from repair.witness import Witness, told

# Of the twin at the recipe's stops.
NAMES = ("early_twin", "late_twin")


@dataclass(frozen=True)
class Testimony:
    """A twin at each stop of its forgetting, and how telling its obedience is.

    Attributes:
        networks: The twin at each stop, classifiers of plain pixels with the BadNet's
            input.
        witnesses: How their answers are read.
        evidence: ``(m,)`` float64, of each clean image by twins that have not seen it.
        said: ``(m, stops)`` float32, how sure these were of the BadNet's answer.
        steps: After how many steps it was heard, at each stop.
        forgotten: Whether it had forgotten so much by then, or its steps had run out.
    """

    networks: tuple[keras.Model, ...]
    witnesses: tuple[Witness, ...]
    evidence: np.ndarray
    said: np.ndarray
    steps: tuple[int, ...]
    forgotten: tuple[bool, ...]

    def on_card(self) -> dict[str, object]:
        """When it was heard, and whether it had forgotten so much by then; plain JSON."""
        return {"steps": list(self.steps), "forgotten": list(self.forgotten)}

    def of(self, said: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """How telling its obedience ``(n, stops)`` to labels ``(n,)`` is: ``(n,)`` float64."""
        return _loudest(self.witnesses, said, labels)

    def obedience(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """How sure the twin is of labels for images, ``(n, stops)`` float32."""
        said = [obeyed(network, images, labels) for network in self.networks]
        return np.stack(said, axis=1)


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
    said = np.zeros((len(clean), len(NAMES)), np.float32)
    networks, steps, forgotten = [], [], []
    for turn in (0, 1):
        twin = copy_of(network, "twin")
        own, others = np.flatnonzero(half == turn), np.flatnonzero(half != turn)
        some = others[: recipe.watched]
        watched = clean.images[some], answers[some]
        stops = forget(twin, clean.subset(own), watched, recipe, generator)
        for stop, (count, reached) in enumerate(stops):
            said[others, stop] = obeyed(twin, clean.images[others], answers[others])
            if turn == 0:
                networks.append(as_it_is(twin, NAMES[stop]))
                steps.append(count)
                forgotten.append(reached)
    evidence = np.zeros(len(clean))
    for turn in (1, 0):  # the last is the one whose networks are kept
        others = half != turn
        heard = said[others], answers[others]
        witnesses = _witnesses(*heard, network.output_shape[1], recipe)
        evidence[others] = _loudest(witnesses, *heard)
    stopped = tuple(steps), tuple(forgotten)
    return Testimony(tuple(networks), witnesses, evidence, said, *stopped)


def _witnesses(
    said: np.ndarray, labels: np.ndarray, num_classes: int, recipe: Recipe
) -> tuple[Witness, ...]:
    """How a twin is read at its stops, by what it said of images that it has not seen."""
    found = []
    for name, each in zip(NAMES, said.T, strict=True):
        usual = usual_of_labels(each, labels, num_classes, recipe.shrinkage)
        known = table(each - usual[labels], recipe.knots)
        found.append(Witness(name, "obeys", *known, usual))
    return tuple(found)


def _loudest(
    witnesses: tuple[Witness, ...], said: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """The evidence ``(n,)`` of the one that says most, of ``(n, witnesses)``."""
    each = [
        told(witness, spoken, labels)
        for witness, spoken in zip(witnesses, said.T, strict=True)
    ]
    return np.asarray(np.max(each, axis=0))
