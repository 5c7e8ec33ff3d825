"""What the default method found out about a BadNet's labels; read by card and report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from repair.rule import NEVER

Status = Literal["found", "watched", "other"]


@dataclass(frozen=True)
class Findings:
    """What is believed of each label, and from which margin on it is flagged.

    Attributes:
        suspicion: ``(N,)`` float64, evidence that a label is a target, of disturbed
            images whose class is still recognised.
        straying: ``(N,)`` float64, evidence that the BadNet goes alone to a label.
        found: Bool ``(N,)``, labels that count as targets.
        thresholds: ``(N,)`` float32 (see ``rule``).
        estimated_fpr: Share of clean images, each held out of the fit, that the detector
            would flag, in [0, 1]; None if there were too few to hold any out.
    """

    suspicion: np.ndarray
    straying: np.ndarray
    found: np.ndarray
    thresholds: np.ndarray
    estimated_fpr: float | None

    def status(self, label: int) -> Status:
        """``found`` (a target), ``watched`` (plain disagreement flags) or ``other``."""
        if self.found[label]:
            return "found"
        return "watched" if self.thresholds[label] <= 0 else "other"

    def with_status(self, status: Status) -> list[int]:
        """The labels of a status, the most suspicious first; equals ascend."""
        order = np.argsort(-self.suspicion, kind="stable")
        return [int(label) for label in order if self.status(label) == status]

    def threshold(self, label: int) -> float | None:
        """The margin from which on an answer with a label is flagged; None = never."""
        value = float(self.thresholds[label])
        return value if value < NEVER else None

    def strict_labels(self) -> list[dict[str, Any]]:
        """Found and watched labels for the card: plain JSON, most suspicious first."""
        strict = self.thresholds <= 0
        order = np.argsort(-self.suspicion, kind="stable")
        return [
            {
                "label": int(label),
                "status": self.status(label),
                "suspicion": round(float(self.suspicion[label]), 3),
                "straying": round(float(self.straying[label]), 3),
            }
            for label in order
            if strict[label]
        ]
