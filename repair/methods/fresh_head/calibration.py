"""Clean images held out of the head: how sure it may be, and what it flags of them.

References:
    Guo et al., *On Calibration of Modern Neural Networks*, arXiv:1706.04599
    (temperature scaling).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence

import numpy as np

from repair.methods.fresh_head.discriminant import UNKNOWN, Discriminant, fit
from repair.methods.fresh_head.observations import Observations
from repair.methods.fresh_head.recipe import Recipe
from repair.methods.fresh_head.thresholds import HeldOut
from repair.rule import margins, softmax

# Factors on the scores, tried when they are calibrated; the last where none can be.
_FACTORS = np.geomspace(1, 0.05, 31)


def fitted_head(
    seen: Observations, parts: Sequence[int], recipe: Recipe
) -> Discriminant:
    """A head fitted to the images of some folds."""
    own = np.isin(seen.fold, parts)
    clean, disturbed = (
        functools.reduce(operator.add, [moments[part] for part in parts])
        for moments in (seen.clean, seen.disturbed_moments)
    )
    return fit(clean, disturbed, seen.photographs[own], seen.labels[own], recipe)


def calibrated(seen: Observations, recipe: Recipe) -> tuple[float, HeldOut]:
    """The factor on a head's scores, and the margins of held-out clean images under it.

    An image of a label that the head of the other folds does not know at all tells
    nothing, and is left out.
    """
    scores = _held_out_scores(seen, recipe)
    rows = np.arange(len(scores))
    usable = scores[rows, seen.labels] > UNKNOWN / 2
    usable &= scores[rows, seen.answers] > UNKNOWN / 2
    scores, answers = scores[usable], seen.answers[usable]
    factor = _factor(scores, seen.labels[usable])
    return factor, HeldOut(margins(softmax(scores * factor), answers), answers)


def _held_out_scores(seen: Observations, recipe: Recipe) -> np.ndarray:
    """Scores ``(m, N)`` of each clean image by a head that has not seen it."""
    scores = np.full((len(seen.fold), len(seen.clean[0].counts)), UNKNOWN, np.float32)
    for part in range(recipe.folds):
        rest = [index for index in range(recipe.folds) if index != part]
        own = seen.fold == part
        if own.any() and not own.all():
            scores[own] = fitted_head(seen, rest, recipe).scores(seen.features[own])
    return scores


def _factor(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor on held-out scores under which the labels are most likely."""
    if not len(labels):
        return float(_FACTORS[-1])

    def loss(factor: float) -> float:
        chosen = softmax(scores * factor)[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-30)).mean())

    return float(min(_FACTORS, key=loss))
