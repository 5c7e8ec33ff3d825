"""The story of an answer: what both networks say, and where the reason lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from artifacts.names import names_on, quoted
from artifacts.why.heat import Explain, Heat, heat

STAND_IN = (
    "This detector is a stand-in, built from made-up images. What it says of any others, "
    "however surely, means nothing."
)
_KNOWN = (
    "label",
    "original_label",
    "repaired_label",
    "original_confidence",
    "repaired_confidence",
)


@dataclass(frozen=True)
class Story:
    """What a detector said of one image, and why.

    Attributes:
        num_classes: N.
        label: The detector's answer, N = poisoned.
        original_label: The original network's.
        repaired_label: The repaired network's.
        original_confidence: In [0, 1].
        repaired_confidence: In [0, 1].
        status: What the build believes of the original's label: ``found``, ``watched``
            or ``other``.
        heat: Where the reason lies; None if the image was not flagged.
        further: Other outputs of ``explain``, such as margins, by name.
        names: The names of the classes, where the card knows them.
        threshold: The evidence from which on the original's label is flagged; None where
            the card does not say it.
    """

    num_classes: int
    label: int
    original_label: int
    repaired_label: int
    original_confidence: float
    repaired_confidence: float
    status: str
    heat: Heat | None = None
    further: dict[str, Any] = field(default_factory=dict)
    names: Sequence[str] | None = None
    threshold: float | None = None

    @property
    def flagged(self) -> bool:
        """Whether the answer is N."""
        return self.label == self.num_classes

    def named(self, label: int) -> str:
        """A label, and the name of its class where that is known."""
        return quoted(label, self.names)


def story(
    explain: Explain, image: np.ndarray, card: Mapping[str, Any], *, look: bool = True
) -> Story:
    """Asks for one image, and looks for the reason if it was flagged.

    Args:
        explain: See ``heat``.
        image: ``(rows, columns, channels)`` uint8.
        card: The artifact's card.
        look: If False, no heat map is made.
    """
    num_classes = int(card["num_classes"])
    answers = {name: values[0] for name, values in explain(image[None]).items()}
    flagged = int(answers["label"]) == num_classes
    original = int(answers["original_label"])
    return Story(
        num_classes=num_classes,
        label=int(answers["label"]),
        original_label=original,
        repaired_label=int(answers["repaired_label"]),
        original_confidence=float(answers["original_confidence"]),
        repaired_confidence=float(answers["repaired_confidence"]),
        status=status_of(card, original),
        heat=heat(explain, image, num_classes) if flagged and look else None,
        further={x: answers[x].tolist() for x in sorted(set(answers) - set(_KNOWN))},
        names=names_on(card),
        threshold=threshold_of(card, original),
    )


def status_of(card: Mapping[str, Any], label: int) -> str:
    """``found``, ``watched`` or ``other``, as the card lists the strict labels."""
    settings = card.get("settings", {})
    for name in ("strict_labels", "suspicious_labels"):
        for entry in settings.get(name, ()):
            if entry["label"] == label:
                found = entry.get("status") == "found" or entry.get("found") is True
                return "found" if found else "watched"
    return "other"


def threshold_of(card: Mapping[str, Any], label: int) -> float | None:
    """The evidence from which on a label is flagged; None where the card has none."""
    told = card.get("thresholds")
    if not isinstance(told, Mapping):
        return None
    found = told.get("by_label", {}).get(str(label), told.get("usual"))
    return None if found is None else float(found)
