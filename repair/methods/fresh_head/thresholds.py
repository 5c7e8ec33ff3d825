"""Which margin flags an answer with a label: strict on some labels, lenient on others.

See ``rule`` for the margin.

- a label that is found: the repaired network must confirm it, by a quarter of the
  margin by which it usually confirms a clean image;
- the labels to which the BadNet strays most, a small share of all, are watched: plain
  disagreement flags;
- all other labels: a margin that hardly any clean image reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from repair.methods.fresh_head.recipe import Recipe
from repair.rule import NEVER


@dataclass(frozen=True)
class HeldOut:
    """Clean images that the repaired network was not fitted to.

    Attributes:
        margins: ``(n,)`` how loudly it speaks against the BadNet's answer.
        answers: ``(n,)`` int64, the BadNet's answer.
    """

    margins: np.ndarray
    answers: np.ndarray

    def false_positive_rate(self, thresholds: np.ndarray) -> float:
        """The share that ``thresholds`` flag, in [0, 1]; NaN without images."""
        return float(np.mean(self.margins >= thresholds[self.answers]))


def label_thresholds(
    straying: np.ndarray,
    found: np.ndarray,
    known: np.ndarray,
    held_out: HeldOut,
    recipe: Recipe,
    *,
    usual: float,
    watched: int,
) -> np.ndarray:
    """One threshold per label.

    Args:
        straying: ``(N,)`` float64, how much the BadNet strays to each label.
        found: Bool ``(N,)``, labels that count as targets.
        known: Bool ``(N,)``, labels with clean images. Any other is flagged always if it
            is found or watched, else never.
        held_out: Clean images to set the lenient margin by; if they are too few for
            that, other labels are never flagged.
        recipe: How lenient, and how much of ``usual`` confirms.
        usual: Median margin of clean images, below 0.
        watched: Number of labels on which plain disagreement flags.

    Returns:
        ``(N,)`` float32.
    """
    lenient = NEVER
    if len(held_out.margins) * (1 - recipe.lenient_quantile) >= 1:
        lenient = float(np.quantile(held_out.margins, recipe.lenient_quantile))
    thresholds = np.where(known, np.clip(lenient, recipe.least_lenient, NEVER), NEVER)
    order = np.argsort(-straying, kind="stable")[:watched]
    thresholds[order[straying[order] > 0]] = 0
    thresholds[found] = min(usual * recipe.confirmed, 0)
    return thresholds.astype(np.float32)
