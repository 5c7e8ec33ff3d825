"""What a copy that unlearned the targets says against them.

It speaks of the labels that were found alone, since of others it knows less than the
repaired network. Two copies are made, each from one half of the clean images, and asked
about the other half; the first is heard in the detector.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.evidence import slope_of, table, usual_of_labels
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.warps import Warp
from repair.methods.witnesses.unlearning.training import unlearn
from repair.network.inference import outputs
from repair.witness import LARGEST_MARGIN, Witness, margins, told

NAME = "unlearned"


@dataclass(frozen=True)
class Testimony:
    """A copy that unlearned, and how telling its margins are.

    Attributes:
        network: A classifier of plain pixels with the BadNet's input.
        witness: How its answers are read.
        evidence: ``(m,)`` float64, of each clean image by a copy that has not seen it; 0
            for labels that were not found.
        accuracy: Share of these that it is right about, in [0, 1].
    """

    network: keras.Model
    witness: Witness
    evidence: np.ndarray
    accuracy: float


def hear_unlearned(
    network: keras.Model,
    clean: Dataset,
    answers: np.ndarray,
    certain: np.ndarray,
    targets: np.ndarray,
    beside: Mapping[int, Warp | ColourFilter],
    least: float,
    recipe: Recipe,
    generator: np.random.Generator,
) -> Testimony | None:
    """Makes two copies unlearn, and hears both; None where they are not to be believed.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        clean: Clean images and their labels; few of them teach nothing.
        answers: ``(m,)`` int64, the BadNet's labels for them, and
        certain: ``(m,)`` float32, by how much it is surer of them than of any other.
        targets: ``(k,)`` int64, the labels that were found.
        beside: Of those that a warp or a filter leads to, that.
        least: Clean accuracy on unseen images, in [0, 1], below which they lost too much.
        recipe: How they unlearn, and how they are read.
        generator: Source of all randomness.
    """
    if len(clean) < recipe.least_held_out:
        return None
    half = generator.permutation(len(clean)) % 2
    said = np.zeros(len(clean), np.float32)
    right = np.zeros(len(clean), bool)
    for turn in (1, 0):  # the last is the one that is kept
        own, others = half == turn, half != turn
        given = network, clean.images[own], targets, beside
        copy = unlearn(*given, recipe, generator, NAME)
        scores = outputs(copy, clean.images[others])
        said[others] = margins(scores, answers[others])
        right[others] = scores.argmax(axis=1) == clean.labels[others]
    if right.mean() < least:
        return None
    silent = np.ones(network.output_shape[1], bool)
    silent[targets] = False
    evidence = np.zeros(len(clean))
    for turn in (1, 0):
        unseen = half != turn
        heard = said[unseen], answers[unseen], certain[unseen]
        witness = _witness(*heard, silent, recipe)
        evidence[unseen] = told(witness, *heard)
    return Testimony(copy, witness, evidence, float(right.mean()))


def _witness(
    said: np.ndarray,
    answers: np.ndarray,
    certain: np.ndarray,
    silent: np.ndarray,
    recipe: Recipe,
) -> Witness:
    """How a copy is read, by what it said of images that it has not seen.

    Copies differ in how much they unlearned of the label itself, so each has its own.
    """
    read = functools.partial(_read, said, answers, certain, silent, recipe)
    slope = slope_of(said, certain) if "certainty" in recipe.used else 0.0
    alone = read(0.0)
    return replace(read(slope), alone=alone) if slope else alone


def _read(
    said: np.ndarray,
    answers: np.ndarray,
    certain: np.ndarray,
    silent: np.ndarray,
    recipe: Recipe,
    slope: float,
) -> Witness:
    """The same at a given slope, 0 = however sure the BadNet is."""
    spoken = said + np.float32(slope) * certain
    usual = usual_of_labels(spoken, answers, len(silent), recipe.shrinkage)
    values, telling = table(spoken - usual[answers], recipe.knots)
    # Nothing that it may say of a label that was not found reaches the table.
    usual[silent] = (3 + slope) * LARGEST_MARGIN
    return Witness(NAME, "against", values, telling, usual, slope)
