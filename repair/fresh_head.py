"""The default method: a fresh head on the BadNet's convolutions, and graded suspicion.

1. Look at clean, jittered and disturbed images through them (``observations``).
2. Fit a fresh head to what they show (``discriminant``): the repaired network.
3. Suspect the labels to which the BadNet goes alone when disturbed (``suspicion``).
4. Set a threshold per label (``thresholds``), from clean images held out of the fit.

References:
    Guo et al., *On Calibration of Modern Neural Networks*, arXiv:1706.04599
    (temperature scaling).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from repair.data import Dataset
from repair.discriminant import UNKNOWN, Discriminant, Moments, fit
from repair.disturbances import FAMILIES
from repair.features import Observer
from repair.observations import FOLDS, Observations, observe
from repair.rule import margins, softmax
from repair.suspicion import found, gone_alone, suspicion
from repair.thresholds import label_thresholds

# Factors on the scores, tried when they are calibrated; the last where none can be.
_FACTORS = np.geomspace(1, 0.05, 31)


@dataclass(frozen=True)
class FreshHead:
    """The fresh head and what was learned on the way.

    Attributes:
        head: The repaired network's classifier of features.
        suspicion: ``(N,)`` float64, how much each label is suspected.
        found: Bool ``(N,)``, labels that count as targets.
        thresholds: ``(N,)`` float32 (see ``rule``).
        estimated_fpr: Share of clean images, each held out of the fit, that the detector
            would flag, in [0, 1]; None if there were too few to hold any out.
    """

    head: Discriminant
    suspicion: np.ndarray
    found: np.ndarray
    thresholds: np.ndarray
    estimated_fpr: float | None


def fresh_head(
    observer: Observer, clean: Dataset, num_classes: int, seed: int
) -> FreshHead:
    """Fits the fresh head, suspects labels and sets their thresholds.

    Args:
        observer: Looks at images through the BadNet.
        clean: Clean validation images and their labels.
        num_classes: N.
        seed: Everything random follows from it.
    """
    seen = observe(observer, clean, num_classes, np.random.default_rng(seed))
    held_out = _held_out_scores(seen)
    # A fold's head may not know a label at all; such an image tells nothing.
    usable = held_out[np.arange(len(clean)), clean.labels] > UNKNOWN / 2
    usable &= held_out[np.arange(len(clean)), seen.answers] > UNKNOWN / 2
    factor = _calibration(held_out[usable], clean.labels[usable])
    head = fit(_sum(seen.clean), _sum(seen.rough)).scaled(factor)
    known = np.bincount(clean.labels, minlength=num_classes) > 0
    scores = _suspicion(seen, head, known)
    targets = found(scores, len(FAMILIES))
    against = margins(softmax(held_out[usable] * factor), seen.answers[usable])
    usual = margins(softmax(head.scores(seen.features)), seen.answers)
    thresholds = label_thresholds(
        scores, targets, known, against, float(np.median(usual))
    )
    flagged = against >= thresholds[seen.answers[usable]]
    estimate = float(flagged.mean()) if usable.any() else None
    return FreshHead(head, scores, targets, thresholds, estimate)


def _held_out_scores(seen: Observations) -> np.ndarray:
    """Scores ``(m, N)`` of each clean image by a head that has not seen it."""
    scores = np.full((len(seen.fold), len(seen.clean[0].counts)), UNKNOWN, np.float32)
    for part in range(FOLDS):
        rest = [index for index in range(FOLDS) if index != part]
        clean = _sum([seen.clean[index] for index in rest])
        if clean.counts.any() and (seen.fold == part).any():
            head = fit(clean, _sum([seen.rough[index] for index in rest]))
            scores[seen.fold == part] = head.scores(seen.features[seen.fold == part])
    return scores


def _calibration(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor on held-out scores under which the labels are most likely."""
    if not len(labels):
        return float(_FACTORS[-1])

    def loss(factor: float) -> float:
        chosen = softmax(scores * factor)[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-30)).mean())

    return float(min(_FACTORS, key=loss))


def _suspicion(seen: Observations, head: Discriminant, known: np.ndarray) -> np.ndarray:
    looks = seen.disturbed
    changed = looks.labels != seen.answers[looks.source]
    alone = gone_alone(head.scores(looks.features), looks.labels, known)
    weights = looks.confidence * (changed & alone)
    return suspicion(looks.labels, weights, looks.families, len(known))


def _sum(moments: list[Moments]) -> Moments:
    total = moments[0]
    for other in moments[1:]:
        total = total + other
    return total
