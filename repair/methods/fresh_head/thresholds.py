"""From suspicion to thresholds: which margin flags an answer with a label.

Strict on suspected labels, lenient on the others (see ``rule`` for the margin):

- a label that counts as found: the repaired network must confirm it, by a quarter of the
  margin by which it usually confirms a clean image;
- the labels to which the BadNet goes alone most, a small share of all, are watched: plain
  disagreement flags;
- all other labels: a margin that hardly any clean image reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from repair.rule import NEVER

# Share of labels on which plain disagreement flags; more where few images tell less.
WATCHED, WATCHED_BLINDLY = 0.02, 0.024
CONFIRMED = 0.25
LENIENT_QUANTILE = 0.999
LEAST_LENIENT = 0.01
# Fewer held-out images than this say nothing of a false-positive rate.
LEAST_HELD_OUT = 100


@dataclass(frozen=True)
class HeldOut:
    """Clean images that the repaired network was not fitted to.

    Attributes:
        margins: ``(n,)`` how loudly it speaks against the BadNet's answer.
        answers: ``(n,)`` int64, the BadNet's answer.
    """

    margins: np.ndarray
    answers: np.ndarray

    def false_positive_rate(self, thresholds: np.ndarray) -> float | None:
        """The share that ``thresholds`` flag, in [0, 1]; None for too few images."""
        if len(self.answers) < LEAST_HELD_OUT:
            return None
        return float(np.mean(self.margins >= thresholds[self.answers]))


def watched_count(num_classes: int, held_out: HeldOut) -> int:
    """The usual number of labels to watch."""
    few = len(held_out.answers) < LEAST_HELD_OUT
    return max(1, round((WATCHED_BLINDLY if few else WATCHED) * num_classes))


def label_thresholds(
    scores: np.ndarray,
    found: np.ndarray,
    known: np.ndarray,
    held_out: HeldOut,
    *,
    usual: float,
    watched: int,
) -> np.ndarray:
    """One threshold per label.

    Args:
        scores: ``(N,)`` float64, how much the BadNet goes alone to each label.
        found: Bool ``(N,)``, labels that count as targets.
        known: Bool ``(N,)``, labels with clean images. Any other is flagged always if
            suspected, else never.
        held_out: Clean images to set the lenient margin by; if they are too few for
            that, unsuspected labels are never flagged.
        usual: Median margin of clean images, below 0.
        watched: Number of labels on which plain disagreement flags.

    Returns:
        ``(N,)`` float32.
    """
    lenient = NEVER
    if len(held_out.margins) * (1 - LENIENT_QUANTILE) >= 1:
        lenient = float(np.quantile(held_out.margins, LENIENT_QUANTILE))
    thresholds = np.where(known, np.clip(lenient, LEAST_LENIENT, NEVER), NEVER)
    order = np.argsort(-scores, kind="stable")[:watched]
    thresholds[order[scores[order] > 0]] = 0
    thresholds[found] = min(usual * CONFIRMED, 0)
    return thresholds.astype(np.float32)
