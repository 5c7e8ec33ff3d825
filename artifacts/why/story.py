"""The story of an answer in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from artifacts.names import names_on, quoted
from artifacts.why.heat import Explain, Heat, heat
from artifacts.why.places import Place

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
# Confidence below which a network is hardly sure, and from which on it is sure.
_HARDLY, _SURELY = 0.6, 0.9
# Share of the image from its edge on that is called upper, lower, left or right.
_FIRST = 0.4


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


def sentence(told: Story) -> str:
    """The story in a sentence or two."""
    said = (
        f"the original network says {told.named(told.original_label)} "
        f"({how_sure(told.original_confidence)})"
    )
    repaired = (
        f"{told.named(told.repaired_label)} ({how_sure(told.repaired_confidence)})"
    )
    answer = told.named(told.label)
    if not told.flagged:
        if told.original_label == told.repaired_label == told.label:
            return f"Class {answer}: {said}, and the repaired network agrees."
        doubted = told.status == "found" and told.label != told.original_label
        if doubted:
            repaired += ", and the first was found to be a target"
        both = f"{said}, the repaired network {repaired}"
        return f"Class {answer}: {both}; together they favour {answer}."
    start = f"Poisoned: {said}, a label that {_belief(told.status)}; "
    if told.repaired_label == told.original_label:
        sure = told.repaired_confidence
        start += (
            f"the repaired network agrees too weakly ({sure:.1%})."
            if sure < _SURELY
            else f"the repaired network agrees ({sure:.1%}), but all witnesses together say "
            "more against it than of nearly any clean image."
        )
    else:
        start += f"the repaired network contradicts it with {repaired}."
    return start if told.heat is None else f"{start} {where(told.heat, told.names)}"


def where(found: Heat, names: Sequence[str] | None = None) -> str:
    """Where the reason lies, in a sentence."""
    place = found.place
    if place is None or found.becomes is None:
        return (
            "Hiding no single place turns it into a class: what made it look poisoned lies "
            "all over the image, or in several places."
        )
    rows, columns = found.map.shape
    spread = "" if found.local else (
        " Many places do so: what made it look poisoned is spread over the image."
    )  # fmt: skip
    return (
        f"Hiding a place in the {_part(place, rows, columns)} (rows {place.top} to "
        f"{place.top + place.height - 1}, columns {place.left} to "
        f"{place.left + place.width - 1}) turns it into class "
        f"{quoted(found.becomes, names)}.{spread}"
    )


def how_sure(confidence: float) -> str:
    """A confidence in [0, 1] in words and in percent."""
    sure = "surely" if confidence >= _SURELY else "fairly surely"
    return f"{'hardly sure' if confidence < _HARDLY else sure}, {confidence:.1%}"


def _belief(status: str) -> str:
    return {
        "found": "was found to be an attacker's target",
        "watched": "is watched",
    }.get(status, "is not suspected")


def _part(place: Place, rows: int, columns: int) -> str:
    """The part of the image in which the middle of a place lies."""
    down = (place.top + place.height / 2) / rows
    across = (place.left + place.width / 2) / columns
    words = (
        "upper" * (down < _FIRST) + "lower" * (down > 1 - _FIRST),
        "left" * (across < _FIRST) + "right" * (across > 1 - _FIRST),
    )
    name = " ".join(word for word in words if word) or "middle"
    return name if len(name.split()) > 1 or name == "middle" else f"{name} part"
