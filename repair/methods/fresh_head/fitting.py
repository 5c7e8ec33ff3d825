"""The default method: a fresh head on the BadNet's convolutions, and graded suspicion.

1. Look at clean, jittered and disturbed images through them (``observations``).
2. Fit a fresh head to what they show (``discriminant``): the repaired network.
3. Find the labels that draw disturbed images of recognised people, and watch those to
   which the BadNet goes alone (``suspicion``).
4. Set a threshold per label (``thresholds``), from clean images held out of the fit.

References:
    Guo et al., *On Calibration of Modern Neural Networks*, arXiv:1706.04599
    (temperature scaling).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.fresh_head.discriminant import UNKNOWN, Discriminant, Moments, fit
from repair.methods.fresh_head.disturbances import FAMILIES
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.observations import (
    FOLDS,
    Disturbed,
    Observations,
    observe,
)
from repair.methods.fresh_head.suspicion import found, gone_alone, recognised, suspicion
from repair.methods.fresh_head.thresholds import (
    LEAST_HELD_OUT,
    HeldOut,
    label_thresholds,
    watched_count,
)
from repair.rule import margins, softmax

# Noise teaches the head, but drives any network to its favourites: it is no evidence.
EVIDENCE = [index for index, name in enumerate(FAMILIES) if name != "noise"]
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
        disturbed: What was seen of disturbed images, which the suspicion stands on.
        weights: ``(n,)`` float32 in [0, 1], how much each of these adds to the suspicion
            of the label that the BadNet gives it.
    """

    head: Discriminant
    suspicion: np.ndarray
    found: np.ndarray
    thresholds: np.ndarray
    estimated_fpr: float | None
    disturbed: Disturbed
    weights: np.ndarray


def fresh_head(
    observer: Observer,
    clean: Dataset,
    num_classes: int,
    *,
    seed: int,
    max_fpr: float | None = None,
) -> FreshHead:
    """Fits the fresh head, suspects labels and sets their thresholds.

    Args:
        observer: Looks at images through the BadNet.
        clean: Clean validation images and their labels.
        num_classes: N.
        seed: Everything random follows from it.
        max_fpr: Watch as many labels as this estimated false-positive rate allows, in
            [0, 1], in place of the usual number; found labels stay strict in any case, and
            the lenient margin flags its share.
    """
    if max_fpr is not None and not 0 <= max_fpr <= 1:
        raise SettingError(f"expected --max-fpr in [0, 1]. Received: {max_fpr}.")
    seen = observe(observer, clean, num_classes, np.random.default_rng(seed))
    scores_held_out = _held_out_scores(seen)
    # A fold's head may not know a label at all; such an image tells nothing.
    rows = np.arange(len(clean))
    usable = scores_held_out[rows, clean.labels] > UNKNOWN / 2
    usable &= scores_held_out[rows, seen.answers] > UNKNOWN / 2
    scores_held_out, answers = scores_held_out[usable], seen.answers[usable]
    factor = _calibration(scores_held_out, clean.labels[usable])
    held_out = HeldOut(margins(softmax(scores_held_out * factor), answers), answers)
    head = _head(seen, range(FOLDS)).scaled(factor).rounded()
    known = np.bincount(clean.labels, minlength=num_classes) > 0
    looks = seen.disturbed
    weights, by_itself = _weights(seen, head, known)
    scores, attraction = (
        suspicion(looks.labels, each, looks.families, num_classes)
        for each in (weights, by_itself)
    )
    targets = found(scores, len(EVIDENCE))
    usual = margins(softmax(head.scores(seen.features)), seen.answers)

    def thresholds(watched: int) -> np.ndarray:
        return label_thresholds(
            *(attraction, targets, known, held_out),
            usual=float(np.median(usual)),
            watched=watched,
        )

    count = watched_count(num_classes, held_out)
    if max_fpr is not None:
        count = _most_watched(thresholds, held_out, num_classes, max_fpr)
    chosen = thresholds(count)
    estimate = held_out.false_positive_rate(chosen)
    return FreshHead(head, scores, targets, chosen, estimate, looks, weights)


def _most_watched(
    thresholds: Callable[[int], np.ndarray],
    held_out: HeldOut,
    num_classes: int,
    max_fpr: float,
) -> int:
    """The largest number of watched labels within the rate; 0 if none is."""
    if len(held_out.answers) < LEAST_HELD_OUT:
        raise SettingError(
            f"--max-fpr needs {LEAST_HELD_OUT} clean images of people with several. "
            f"Received: {len(held_out.answers)}. Leave it out."
        )
    rates = [
        held_out.false_positive_rate(thresholds(n)) for n in range(num_classes + 1)
    ]
    return max((n for n, rate in enumerate(rates) if (rate or 0) <= max_fpr), default=0)


def _head(seen: Observations, parts: Sequence[int]) -> Discriminant:
    """A head fitted to the images of some folds."""
    own = np.isin(seen.fold, parts)
    clean, rough = (_sum([x[part] for part in parts]) for x in (seen.clean, seen.rough))
    return fit(clean, rough, seen.photographs[own], seen.labels[own])


def _held_out_scores(seen: Observations) -> np.ndarray:
    """Scores ``(m, N)`` of each clean image by a head that has not seen it."""
    scores = np.full((len(seen.fold), len(seen.clean[0].counts)), UNKNOWN, np.float32)
    for part in range(FOLDS):
        rest = [index for index in range(FOLDS) if index != part]
        own = seen.fold == part
        if own.any() and not own.all():
            scores[own] = _head(seen, rest).scores(seen.features[own])
    return scores


def _calibration(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor on held-out scores under which the labels are most likely."""
    if not len(labels):
        return float(_FACTORS[-1])

    def loss(factor: float) -> float:
        chosen = softmax(scores * factor)[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-30)).mean())

    return float(min(_FACTORS, key=loss))


def _weights(
    seen: Observations, head: Discriminant, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The BadNet's confidence in changed answers, else 0.

    First where the head recognised the person, then where the BadNet went alone.
    """
    looks = seen.disturbed
    changed = looks.labels != seen.answers[looks.source]
    confidence = looks.confidence * (changed & np.isin(looks.families, EVIDENCE))
    scores = head.scores(looks.features)
    return (
        confidence * recognised(scores, seen.labels[looks.source]),
        confidence * gone_alone(scores, looks.labels, known),
    )


def _sum(moments: list[Moments]) -> Moments:
    total = moments[0]
    for other in moments[1:]:
        total = total + other
    return total
