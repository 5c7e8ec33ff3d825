"""What the default method found out about a BadNet's labels; read by card and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from repair.methods.witnesses.suspicion.change import Change
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.seeking import Sought

Status = Literal["found", "watched", "other"]
# A label is watched where suspicion lowers its threshold by this.
_WATCHED = 1.0
# Of a curve.
_POINTS = 101


@dataclass(frozen=True)
class Findings:
    """What is believed of each label, and from which evidence on it is flagged.

    Attributes:
        suspicion: ``(N,)`` float64, how much a label is suspected to be a target.
        counts: ``(N,)`` int64, the number of telling disturbed images it was given.
        carried: By label, the share of other images that what leads to it leads there,
            too, in [0, 1]; of labels that draw enough to be tried, alone.
        sought: By label, the faint pattern, the warp and the colour filter that were
            sought for it.
        strength: ``(N,)`` float64, what speaks for a target, as a multiple of what it
            takes; found from 1 on.
        thresholds: ``(N,)`` float32 (see ``rule``).
        excess: ``(m,)`` float64, of each clean image, unseen by the witnesses, the
            evidence beyond the threshold of the BadNet's label; flagged from 0 on.
        estimated_fpr: Share of clean images, each unseen by the witnesses, that the
            detector would flag, in [0, 1]; None if there were too few.
    """

    suspicion: np.ndarray
    counts: np.ndarray
    carried: Mapping[int, float]
    sought: Sought
    strength: np.ndarray
    thresholds: np.ndarray
    excess: np.ndarray
    estimated_fpr: float | None

    @property
    def highest_strength(self) -> float:
        """That of the label that is most like a target."""
        return float(self.strength.max())

    def status(self, label: int) -> Status:
        """``found`` (a target), ``watched`` (a lower threshold) or ``other``."""
        if self.strength[label] >= 1:
            return "found"
        return "watched" if self.suspicion[label] >= _WATCHED else "other"

    def with_status(self, status: Status) -> list[int]:
        """The labels of a status, the most suspicious first; equals ascend."""
        order = np.argsort(-self.suspicion, kind="stable")
        return [int(label) for label in order if self.status(label) == status]

    def pattern_works_on(self, label: int) -> float | None:
        """Share of other images that a pattern leads to a label; None if none was sought."""
        return _worked(self.sought.patterns.get(label))

    def filter_works_on(self, label: int) -> float | None:
        """The same of a colour filter."""
        return _worked(self.sought.filters.get(label))

    def warp_works_on(self, label: int) -> float | None:
        """The same of a warp."""
        return _worked(self.sought.warps.get(label))

    def threshold(self, label: int) -> float:
        """The evidence from which on an answer with a label is flagged."""
        return float(self.thresholds[label])

    def operating_curve(self) -> tuple[np.ndarray, np.ndarray]:
        """What other thresholds would cost, from a tenth of the clean images on to none.

        Returns:
            ``(k,)`` float64 thresholds of a label that is not suspected, ascending, and
            the share of clean images that each flags, ``(k,)`` float64 in [0, 1]. All
            labels' thresholds move together.
        """
        low, high = np.quantile(self.excess, 0.9), self.excess.max()
        shifts = np.linspace(min(low, -1), max(high, 0) + 0.5, _POINTS)
        shares = [float(np.mean(self.excess >= shift)) for shift in shifts]
        return self.usual_threshold + shifts, np.array(shares)

    @property
    def usual_threshold(self) -> float:
        """That of a label that is not suspected, as most are; it is some label's own."""
        return float(np.quantile(self.thresholds, 0.5, method="lower"))

    def is_strict_on(self, labels: Sequence[int]) -> bool:
        """Whether each of these labels is flagged on less evidence than is usual."""
        return bool((self.thresholds[list(labels)] < self.usual_threshold).all())

    def strict_labels(self) -> list[dict[str, Any]]:
        """Found and watched labels for the card: plain JSON, most suspicious first."""
        return [
            {
                "label": label,
                "status": self.status(label),
                "suspicion": round(float(self.suspicion[label]), 3),
                "telling_images": int(self.counts[label]),
                "carried_over": self.carried.get(label),
                "pattern_works_on": self.pattern_works_on(label),
                "filter_works_on": self.filter_works_on(label),
                "warp_works_on": self.warp_works_on(label),
                "strength": round(float(self.strength[label]), 3),
            }
            for label in self.with_status("found") + self.with_status("watched")
        ]


def _worked(sought: Change | ColourFilter | None) -> float | None:
    return None if sought is None else round(sought.led.worked, 3)
