"""What the witnesses' answers mean: a label, or N for poisoned.

Each witness is asked about the original network's label b. Of those who speak against it
the loudest counts, since a network can silence one of them, and of the twins that obey,
early and late in their forgetting, likewise; both are added (Fisher's way to combine
tests), with weights. From a threshold per label on the image is flagged. Else the answer is
what original and repaired network say together, a logarithmic opinion pool in which the
repaired one weighs less: it has seen few images of each class. Where b was found to be a
target, the original's word counts for nothing: a copy that unlearned b stands in for it,
and counts as much as the repaired network.

References:
    Fisher, *Statistical Methods for Research Workers*, 1925 (combining tests).
    Lancaster, *The Combination of Probabilities: An Application of Orthonormal Functions*,
    Australian Journal of Statistics 3(1), 1961 (weights).
    Genest and Zidek, *Combining Probability Distributions: A Critique and an Annotated
    Bibliography*, Statistical Science 1(1), 1986 (logarithmic opinion pools).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from repair.witness import (
    LARGEST_MARGIN,
    Witness,
    certainty,
    logs,
    margins,
    said,
    told,
)

# What the repaired network's log-probabilities count, beside the original's, in an answer.
REPAIRED_WEIGHT = 0.25
# What evidence against a label counts, beside that of a twin which obeys.
AGAINST_WEIGHT = 1.5


@dataclass(frozen=True)
class Rule:
    """When to flag.

    Attributes:
        witnesses: The first is the repaired network.
        thresholds: ``(N,)`` float32, the evidence from which on an answer with a label
            is flagged.
        targets: The labels that were found to be targets, and
        stand_in: the index of the witness that answers for the original on them; None
            where it always speaks for itself.
    """

    witnesses: tuple[Witness, ...]
    thresholds: np.ndarray
    targets: tuple[int, ...] = ()
    stand_in: int | None = None


def total(witnesses: Sequence[Witness], each: Sequence[np.ndarray]) -> np.ndarray:
    """The evidence of all witnesses together, ``(n,)`` float64."""
    pairs = list(zip(witnesses, each, strict=True))
    against = [x for witness, x in pairs if witness.speaks == "against"]
    obeys = [x for witness, x in pairs if witness.speaks == "obeys"]
    loudest = AGAINST_WEIGHT * np.max(against, axis=0)
    return np.asarray(loudest + np.max(obeys, axis=0) if obeys else loudest)


def fused_labels(
    original: np.ndarray, answers: Sequence[np.ndarray], rule: Rule | None = None
) -> np.ndarray:
    """The labels that a fused detector gives.

    Args:
        original: ``(n, N)`` probabilities of the original network.
        answers: ``(n, N)`` probabilities of each witness, the repaired network's first.
        rule: When to flag; None = plain comparison of original and repaired argmax.

    Returns:
        ``(n,)`` int64: a label, or N = poisoned. NaN counts as poisoned. Under plain
        comparison, and where the repaired network does not know the original's label at
        all, that label is the answer; else it is what both say together (see above).
    """
    num_classes = original.shape[1]
    labels = np.argmax(original, axis=1)
    if rule is None:
        agree = labels == np.argmax(answers[0], axis=1)
    else:
        certain = certainty(original)
        each = [
            told(witness, said(witness, answer, labels), labels, certain)
            for witness, answer in zip(rule.witnesses, answers, strict=True)
        ]
        agree = total(rule.witnesses, each) < rule.thresholds[labels]
        repaired = logs(answers[0])
        together = logs(original) + np.float32(REPAIRED_WEIGHT) * repaired
        if rule.stand_in is not None:
            doubted = np.isin(labels, rule.targets)[:, None]
            instead = logs(answers[rule.stand_in]) + repaired
            together = np.where(doubted, instead, together)
        known = margins(answers[0], labels) < LARGEST_MARGIN
        labels = np.where(known, np.argmax(together, axis=1), labels)
    whole = np.all([np.isfinite(x).all(axis=1) for x in (original, *answers)], axis=0)
    return np.where(agree & whole, labels, num_classes)
