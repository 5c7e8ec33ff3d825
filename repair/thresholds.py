"""From suspicion to thresholds: which margin flags an answer with a label.

Strict on suspected labels, lenient on the others (see ``rule`` for the margin):

- a label that counts as found: the repaired network must confirm it, by half the margin
  by which it usually confirms a clean image;
- the other most suspicious labels, a fixed share of all: plain disagreement flags;
- all other labels: a margin that hardly any clean image reaches.
"""

from __future__ import annotations

import numpy as np

from repair.rule import NEVER

WATCHED = 0.016
LENIENT_QUANTILE = 0.999


def label_thresholds(
    scores: np.ndarray,
    found: np.ndarray,
    known: np.ndarray,
    held_out: np.ndarray,
    typical: float,
    watched: float = WATCHED,
) -> np.ndarray:
    """One threshold per label.

    Args:
        scores: ``(N,)`` suspicion of each label.
        found: Bool ``(N,)``, labels that count as targets.
        known: Bool ``(N,)``, labels with clean images; others are flagged always if
            suspected, else never.
        held_out: ``(n,)`` margins of clean images that the repaired network has not
            seen; those of unknown labels left out.
        typical: Median margin of clean images, below 0.
        watched: Share of labels on which plain disagreement flags.

    Returns:
        ``(N,)`` float32.
    """
    lenient = np.quantile(held_out, LENIENT_QUANTILE) if len(held_out) else NEVER
    thresholds = np.where(known, min(max(lenient, 0), NEVER), NEVER)
    order = np.argsort(-scores, kind="stable")[: round(watched * len(scores))]
    thresholds[order[scores[order] > 0]] = 0
    thresholds[found] = min(typical / 2, 0)
    return thresholds.astype(np.float32)
