"""The default method: a fresh head on the BadNet's convolutions, strict on some labels.

1. Look at clean, jittered and disturbed images through them (``observations``).
2. Fit a fresh head to what they show (``discriminant``): the repaired network.
3. Find the labels that draw disturbed images of recognised classes, and watch those to
   which the BadNet strays (``suspicion``).
4. Set a threshold per label (``thresholds``), from clean images held out of the fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.fresh_head.calibration import calibrated, fitted_head
from repair.methods.fresh_head.discriminant import Discriminant
from repair.methods.fresh_head.disturbances import FAMILIES
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.findings import Findings
from repair.methods.fresh_head.observations import Disturbed, Observations, observe
from repair.methods.fresh_head.recipe import Recipe
from repair.methods.fresh_head.suspicion import by_label, recognised, strayed
from repair.methods.fresh_head.thresholds import HeldOut, label_thresholds
from repair.rule import margins, softmax


@dataclass(frozen=True)
class FreshHead:
    """The fresh head and what was learned on the way.

    Attributes:
        head: The repaired network's classifier of features.
        findings: What is believed of each label.
        disturbed: What was seen of disturbed images, which the suspicion stands on.
        weights: ``(n,)`` float32 in [0, 1], how much each of these adds to the suspicion
            of the label that the BadNet gives it.
    """

    head: Discriminant
    findings: Findings
    disturbed: Disturbed
    weights: np.ndarray


def fit_fresh_head(
    observer: Observer,
    clean: Dataset,
    num_classes: int,
    recipe: Recipe,
    *,
    seed: int,
    max_fpr: float | None = None,
) -> FreshHead:
    """Looks at images, then fits the fresh head (see ``fit_to``).

    Args:
        observer: Looks at images through the BadNet.
        clean: Clean validation images and their labels.
        num_classes: N.
        recipe: The method's constants.
        seed: Everything random follows from it.
        max_fpr: See ``fit_to``.
    """
    if max_fpr is not None and not 0 <= max_fpr <= 1:
        raise SettingError(f"expected --max-fpr in [0, 1]. Received: {max_fpr}.")
    generator = np.random.default_rng(seed)
    seen = observe(observer, clean, num_classes, recipe, generator)
    return fit_to(seen, recipe, max_fpr=max_fpr)


def fit_to(
    seen: Observations, recipe: Recipe, *, max_fpr: float | None = None
) -> FreshHead:
    """Fits the fresh head, suspects labels and sets their thresholds.

    Args:
        seen: What was seen of clean, jittered and disturbed images.
        recipe: The method's constants.
        max_fpr: Watch as many labels as this estimated false-positive rate allows, in
            [0, 1], in place of the usual number; found labels stay strict in any case, and
            the lenient margin flags its share.
    """
    factor, held_out = calibrated(seen, recipe)
    head = fitted_head(seen, range(recipe.folds), recipe).scaled(factor).rounded()
    known = np.bincount(seen.labels, minlength=len(seen.clean[0].counts)) > 0
    weights, astray = _weights(seen, head, known, recipe)
    suspicion, straying = (
        by_label(
            seen.disturbed.labels,
            each,
            seen.disturbed.families,
            num_classes=len(known),
            top=recipe.top,
        )
        for each in (weights, astray)
    )
    found = suspicion >= recipe.found_from
    usual = margins(softmax(head.scores(seen.features)), seen.answers)
    enough = len(held_out.answers) >= recipe.least_held_out

    def thresholds(watched: int) -> np.ndarray:
        return label_thresholds(
            straying,
            found,
            known,
            held_out,
            recipe,
            usual=float(np.median(usual)),
            watched=watched,
        )

    count = recipe.watched[0 if enough else 1]
    if max_fpr is not None:
        _expect(len(held_out.answers), recipe)
        count = _most_watched(thresholds, held_out, len(known), max_fpr)
    chosen = thresholds(count)
    estimate = held_out.false_positive_rate(chosen) if enough else None
    findings = Findings(suspicion, straying, found, chosen, estimate)
    return FreshHead(head, findings, seen.disturbed, weights)


def _expect(held_out: int, recipe: Recipe) -> None:
    if held_out < recipe.least_held_out:
        raise SettingError(
            f"--max-fpr needs {recipe.least_held_out} clean images of classes with "
            f"several. Received: {held_out}. Leave it out."
        )


def _most_watched(
    thresholds: Callable[[int], np.ndarray],
    held_out: HeldOut,
    num_classes: int,
    max_fpr: float,
) -> int:
    """The largest number of watched labels within the rate; 0 if none is."""
    rates = [
        held_out.false_positive_rate(thresholds(n)) for n in range(num_classes + 1)
    ]
    return max((n for n, rate in enumerate(rates) if rate <= max_fpr), default=0)


def _weights(
    seen: Observations, head: Discriminant, known: np.ndarray, recipe: Recipe
) -> tuple[np.ndarray, np.ndarray]:
    """The BadNet's confidence in changed answers, else 0, each ``(n,)`` float32.

    First where the head recognised the class, then where the BadNet strayed.
    """
    disturbed = seen.disturbed
    evidence = [list(FAMILIES).index(name) for name in recipe.evidence]
    changed = disturbed.labels != seen.answers[disturbed.source]
    confidence = disturbed.confidence * (
        changed & np.isin(disturbed.families, evidence)
    )
    scores = head.scores(disturbed.features)
    return (
        confidence * recognised(scores, seen.labels[disturbed.source]),
        confidence * strayed(scores, disturbed.labels, known, recipe.ruled_out),
    )
