"""What a head says of clean images that it was not fitted to.

A head is fitted in closed form, so it is fitted once to all images, and once without each
fold for the images of that fold.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from repair.methods.witnesses.evidence import slope_of, table
from repair.methods.witnesses.head.calibration import factor_of
from repair.methods.witnesses.head.discriminant import (
    UNKNOWN,
    Discriminant,
    fit,
    images_at_once,
)
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.recipe import Recipe
from repair.process.progress import progress
from repair.witness import Witness, margins, softmax, told


@dataclass(frozen=True)
class Reading:
    """How telling a head's answers are: the witness, and the evidence of clean images."""

    witness: Witness
    evidence: np.ndarray


@dataclass(frozen=True)
class Testimony:
    """A head, and how telling its margins are.

    Attributes:
        head: The classifier of features.
        witness: How its answers are read in the detector, beside the BadNet's certainty.
        evidence: ``(m,)`` float64, of each clean image by a head that has not seen it; 0
            where that does not know its label.
        alone: How they are read of disturbed images, however sure the BadNet is of them:
            it is surer of a favourite, too.
        accuracy: Share of held-out images that it is right about, in [0, 1]; NaN if it
            could not be asked about any.
    """

    head: Discriminant
    witness: Witness
    evidence: np.ndarray
    alone: Reading
    accuracy: float

    def of(self, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """What features ``(n, features)`` tell about labels, alone: ``(n,)`` float64."""
        parts = []
        step = images_at_once(self.head.bias.shape[1])
        for start in range(0, len(features), step):
            chunk = slice(start, start + step)
            shares = softmax(self.head.scores(features[chunk]))
            spoken = margins(shares, labels[chunk])
            parts.append(told(self.alone.witness, spoken, labels[chunk]))
        return np.concatenate(parts) if parts else np.zeros(0)


def hear_head(seen: Observations, name: str, recipe: Recipe) -> Testimony:
    """Fits a head and hears it.

    Args:
        seen: What was seen of clean, jittered and disturbed images.
        name: What the head stands on.
        recipe: How it is fitted and read.
    """
    folds = _folds(seen, name, recipe)
    factor = factor_of(seen, name, folds)
    folds = [head.scaled(factor) for head in folds]
    said, false, right = _held_out(seen, name, folds)
    usable = np.isfinite(said)
    slope = 0.0
    if "certainty" in recipe.used and usable.sum() >= recipe.least_held_out:
        slope = slope_of(said[usable], seen.certainty[usable])
    alone = _read(name, said, false, recipe)
    witness, evidence = alone.witness, alone.evidence
    if slope:
        surer = slope * seen.certainty
        beside = _read(name, said + surer, false + surer, recipe)
        witness = replace(beside.witness, slope=slope, alone=alone.witness)
        evidence = np.maximum(beside.evidence, alone.evidence)
    head = fitted_head(seen, name, range(recipe.folds), recipe).scaled(factor).rounded()
    accuracy = float(right[usable].mean()) if usable.any() else float("nan")
    return Testimony(head, witness, evidence, alone, accuracy)


def _read(name: str, said: np.ndarray, false: np.ndarray, recipe: Recipe) -> Reading:
    """By what was said of clean images' labels, and of false ones, where it is finite."""
    witness = Witness(name, "against", *_margin_as_evidence(len(said)))
    usable = np.isfinite(said)
    if usable.sum() >= recipe.least_held_out:
        values, telling = table(said[usable], recipe.knots)
        witness = replace(witness, values=values, evidence=telling)
        weight = _weight(witness, false[np.isfinite(false)])
        witness = replace(witness, evidence=telling * weight)
    evidence = np.zeros(len(said))
    evidence[usable] = np.interp(said[usable], witness.values, witness.evidence)
    return Reading(witness, evidence)


def fitted_head(
    seen: Observations, name: str, parts: Sequence[int], recipe: Recipe
) -> Discriminant:
    """A head fitted to the images of some folds."""
    own = np.isin(seen.fold, parts)
    clean, disturbed = (
        functools.reduce(operator.add, [moments[name][part] for part in parts])
        for moments in (seen.clean, seen.disturbed_moments)
    )
    return fit(clean, disturbed, seen.averages[name][own], seen.labels[own], recipe)


def _folds(seen: Observations, name: str, recipe: Recipe) -> list[Discriminant]:
    """Per fold, a head that has not seen it."""
    every = range(recipe.folds)
    return [
        fitted_head(seen, name, [each for each in every if each != part], recipe)
        for part in progress(every, label="heads fitted")
    ]


def _held_out(
    seen: Observations, name: str, folds: Sequence[Discriminant]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Margins against the BadNet's answers, and against false ones; who is right.

    Each ``(m,)``; not finite where the head does not know the label.
    """
    generator = np.random.default_rng(0)
    wrong = generator.integers(1, seen.num_classes, len(seen.labels))
    false = (seen.labels + wrong) % seen.num_classes
    margin, margin_of_false = np.full((2, len(seen.labels)), np.inf)
    right = np.zeros(len(seen.labels), bool)
    step = images_at_once(seen.num_classes)
    for part, head in enumerate(folds):
        own = np.flatnonzero(seen.fold == part)
        for chosen in np.array_split(own, max(len(own) // step, 1)):
            if not len(chosen):
                continue
            scores = head.scores(seen.features[name][chosen])
            right[chosen] = scores.argmax(axis=1) == seen.labels[chosen]
            shares = softmax(scores)
            rows = np.arange(len(chosen))
            for labels, result in ((seen.answers, margin), (false, margin_of_false)):
                known = scores[rows, labels[chosen]] > UNKNOWN / 2
                known &= scores[rows, seen.labels[chosen]] > UNKNOWN / 2
                asked = margins(shares, labels[chosen])
                result[chosen] = np.where(known, asked, np.inf)
    return margin, margin_of_false, right


def _weight(witness: Witness, false: np.ndarray) -> float:
    """What a head's evidence is worth, in [0, 1]: how telling it is of false labels.

    Were it right about all, evidence of false labels would be large; a head that knows
    nothing has a mean of 1. The weight is that of the likeliest alternative among the
    beta distributions of shares.
    """
    telling = np.interp(false, witness.values, witness.evidence)
    return (
        float(np.clip(1 - 1 / max(telling.mean(), 1e-9), 0, 1)) if len(false) else 0.0
    )


def _margin_as_evidence(images: int) -> tuple[np.ndarray, np.ndarray]:
    """Where no image could be held out: a margin above 0 is the evidence itself."""
    most = np.float32(np.log(images + 1))
    both = np.array([0, most], np.float32)
    return both, both
