"""What the witnesses' answers mean: a label, or N for poisoned.

Each witness is asked about the original network's label b. The repaired network and the
pixels speak *against* it, by log p(best other label) - log p(b), beyond what is usual for
images of which the original is as sure: where that is sure of a clean image, the others
rarely disagree, and of a trigger it is surer than of most. A twin that forgot the clean
task *obeys*, by log p(b) - log(1 - p(b)), beyond what is usual for b: it forgets some
classes less than others. How telling that is, a table knows: the
evidence is -log(share of clean images on which the witness says as much). Of those who
speak against b the loudest counts, since a network can silence one of them, and of the
twins, early and late in their forgetting, likewise; both are added (Fisher's way to
combine tests). From a threshold per label on the
image is flagged. Else the answer is what original and repaired network say together, a
logarithmic opinion pool in which the repaired one weighs less: it has seen few images of
each class. Where b was found to be a target, the original's word counts for nothing: a copy
that unlearned b stands in for it, and counts as much as the repaired network.

References:
    Fisher, *Statistical Methods for Research Workers*, 1925 (combining tests).
    Genest and Zidek, *Combining Probability Distributions: A Critique and an Annotated
    Bibliography*, Statistical Science 1(1), 1986 (logarithmic opinion pools).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

# Probabilities below this count as this, and margins above the other as that.
SMALLEST_PROBABILITY = 1e-30
LARGEST_MARGIN = 60.0
# What the repaired network's log-probabilities count, beside the original's, in an answer.
REPAIRED_WEIGHT = 0.25


@dataclass(frozen=True)
class Witness:
    """How a witness's answers are read.

    Attributes:
        name: Its name, for card and outputs.
        speaks: ``against`` the original's label, or it ``obeys`` as the original does.
        values: ``(k,)`` float32, ascending: what it may say.
        evidence: ``(k,)`` float32, at least 0: how telling that is; in between it is
            interpolated, and outside the nearest counts.
        usual: ``(N,)`` float32, what is taken off what it says of each label before the
            table is asked; none for one that treats all labels alike.
        slope: How much less it usually says, the surer the original is (see
            ``certainty``), which is added before the table is asked.
    """

    name: str
    speaks: Literal["against", "obeys"]
    values: np.ndarray
    evidence: np.ndarray
    usual: np.ndarray | None = None
    slope: float = 0.0


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


def margins(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How loudly a classifier speaks against given labels.

    Args:
        probabilities: ``(n, N)``.
        labels: ``(n,)`` int64, the original network's labels.

    Returns:
        ``(n,)`` float32: log p(best other label) - log p(label); below 0 where the
        classifier gives the same label, at most ``LARGEST_MARGIN``.
    """
    logs = _logs(probabilities)
    rows = np.arange(len(labels))
    own = logs[rows, labels]
    logs[rows, labels] = -np.inf
    with np.errstate(invalid="ignore"):  # infinity - infinity = NaN, which is flagged
        return np.minimum(logs.max(axis=1) - own, np.float32(LARGEST_MARGIN))


def obedience(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How sure a classifier is of given labels.

    Args:
        probabilities: ``(n, N)``.
        labels: ``(n,)`` int64.

    Returns:
        ``(n,)`` float32: log p(label) - log(1 - p(label)), by the sum of the others.
    """
    others = np.array(probabilities, np.float32)
    own = others[np.arange(len(labels)), labels].copy()
    others[np.arange(len(labels)), labels] = 0
    return np.asarray(_logs(own) - _logs(others.sum(axis=1)))


def certainty(probabilities: np.ndarray) -> np.ndarray:
    """How sure a classifier is of its own labels.

    Args:
        probabilities: ``(n, N)``.

    Returns:
        ``(n,)`` float32: log p(label) - log p(best other label), at most
        ``LARGEST_MARGIN``.
    """
    labels = np.argmax(probabilities, axis=1)
    return np.minimum(-margins(probabilities, labels), np.float32(LARGEST_MARGIN))


def said(witness: Witness, probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What a witness says of the original's labels, ``(n,)`` float32."""
    ask = margins if witness.speaks == "against" else obedience
    return ask(probabilities, labels)


def evidence(
    witness: Witness, probabilities: np.ndarray, original: np.ndarray
) -> np.ndarray:
    """How telling that is, beside the original's ``(n, N)``: ``(n,)`` float64."""
    labels = np.argmax(original, axis=1)
    spoken = said(witness, probabilities, labels)
    return told(witness, spoken, labels, certainty(original))


def told(
    witness: Witness, spoken: np.ndarray, labels: np.ndarray, certain: np.ndarray
) -> np.ndarray:
    """How telling is what a witness says.

    Args:
        witness: How it is read.
        spoken: ``(n,)``, what it says of
        labels: ``(n,)`` int64, the original network's, and
        certain: ``(n,)``, how sure that is of them.

    Returns:
        ``(n,)`` float64.
    """
    if witness.usual is not None:
        spoken = spoken - witness.usual[labels]
    if witness.slope:
        spoken = spoken + np.float32(witness.slope) * certain
    return np.interp(spoken, witness.values, witness.evidence)


def total(witnesses: Sequence[Witness], each: Sequence[np.ndarray]) -> np.ndarray:
    """The evidence of all witnesses together, ``(n,)`` float64."""
    pairs = list(zip(witnesses, each, strict=True))
    against = [x for witness, x in pairs if witness.speaks == "against"]
    obeys = [x for witness, x in pairs if witness.speaks == "obeys"]
    loudest = np.max(against, axis=0)
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
        pairs = zip(rule.witnesses, answers, strict=True)
        each = [evidence(witness, answer, original) for witness, answer in pairs]
        agree = total(rule.witnesses, each) < rule.thresholds[labels]
        repaired = _logs(answers[0])
        together = _logs(original) + np.float32(REPAIRED_WEIGHT) * repaired
        if rule.stand_in is not None:
            doubted = np.isin(labels, rule.targets)[:, None]
            instead = _logs(answers[rule.stand_in]) + repaired
            together = np.where(doubted, instead, together)
        known = margins(answers[0], labels) < LARGEST_MARGIN
        labels = np.where(known, np.argmax(together, axis=1), labels)
    whole = np.all([np.isfinite(x).all(axis=1) for x in (original, *answers)], axis=0)
    return np.where(agree & whole, labels, num_classes)


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(
        np.log(np.maximum(probabilities, np.float32(SMALLEST_PROBABILITY)))
    )


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities ``(n, N)`` of scores ``(n, N)``, both float32."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
