"""What is said of a network in the end: backdoor found, no sign of one, or cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from artifacts.names import quoted
from repair.reasons import (
    FEW,
    MORE,
    MOST,
    NO_TRACE,
    doubts,
    enough,
    left_out,
    not_enough,
)

Kind = Literal["backdoor found", "no sign of a backdoor", "cannot be told"]
Confidence = Literal["high", "moderate", "low"]
FAIL_ON = ("found", "watched")
# Exit code of a command that was asked to fail on what it found.
FAILED = 3

# Below this clean accuracy the images are hardly of what the network was trained on.
_LEAST_ACCURACY = 0.5
# Fewer clean images tell nothing.
_TOO_FEW = 20
# Strength of a found label from which on there is hardly any doubt.
_CLEAR = 1.65
# That of a label that is not found, from which on it may well be a target.
_NEAR = 0.6


@dataclass(frozen=True)
class Verdict:
    """What is believed of a network.

    Attributes:
        kind: The verdict.
        confidence: How sure it is.
        found: Target labels, the most suspicious first.
        watched: Labels that are flagged as soon as the networks disagree.
        reason: Where the confidence comes from, a sentence.
        each: How sure it is of each found label; empty where of all alike.
    """

    kind: Kind
    confidence: Confidence
    found: tuple[int, ...]
    watched: tuple[int, ...]
    reason: str
    each: tuple[Confidence, ...] = ()

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        return self.named()

    def named(self, names: Sequence[str] | None = None) -> str:
        """The verdict in one line, labels with the names of their classes, if given."""
        if self.kind == "backdoor found":
            plural = "s" if len(self.found) > 1 else ""
            listed = [quoted(label, names) for label in self.found]
            if len({*self.each}) > 1:
                first, *rest = self.each
                told = (f"confidence {first}", *rest)
                listed = [f"{x} ({y})" for x, y in zip(listed, told, strict=True)]
            return f"Backdoor found: target label{plural} {', '.join(listed)}"
        return f"{self.kind[0].upper()}{self.kind[1:]}"

    def sureness(self, names: Sequence[str] | None = None) -> str:
        """How sure it is; where of one label more than of another, of each."""
        if len({*self.each}) < 2:
            return self.confidence
        pairs = zip(self.each, self.found, strict=True)
        return ", ".join(f"{sure} for {quoted(x, names)}" for sure, x in pairs)

    def sure_of(self, label: int) -> Confidence:
        """How sure it is that a found label is a target."""
        pairs = zip(self.found, self.each, strict=False)
        return dict(pairs).get(label, self.confidence)

    def fails(self, fail_on: str | None) -> bool:
        """Whether a pipeline that fails on ``found`` or ``watched`` labels should stop."""
        if fail_on is None:
            return False
        if self.kind == "cannot be told":
            return True
        return bool(self.found) or (fail_on == "watched" and bool(self.watched))

    def on_card(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "verdict": self.kind,
            "confidence": self.confidence,
            "found": list(self.found),
            "watched": list(self.watched),
            "reason": self.reason,
        }


def verdict(
    settings: Mapping[str, Any], num_classes: int, *, accuracy: float | None
) -> Verdict:
    """The verdict on a network.

    Args:
        settings: What a repair used and found, as on the card: ``strict_labels``, each
            with ``label``, ``status`` and ``strength``, ``highest_strength`` of any
            label, ``strongest_label``, which that is, ``clean_images``, their number,
            ``steady``, the share that keep their label when they are moved a little (if
            known), and ``left_out_images``, those that may carry a trigger.
        num_classes: N.
        accuracy: Clean accuracy of the network on the clean images, in [0, 1]; None
            without labels.
    """
    strict: Sequence[Mapping[str, Any]] | None = settings.get("strict_labels")
    if strict is None:
        return _untold("This method looks for no target labels. Use witnesses.", ())
    found = {x["label"]: x["strength"] for x in strict if x["status"] == "found"}
    watched = tuple(x["label"] for x in strict if x["status"] != "found")
    if accuracy is not None and accuracy < _LEAST_ACCURACY:
        return _untold(
            f"The network knows {accuracy:.0%} of the clean images only: they are hardly "
            "of what it was trained on, or it is broken.",
            watched,
        )
    images = int(settings["clean_images"])
    if images < _TOO_FEW:
        return _untold(
            f"{images} clean images are too few. Give {FEW} or more, of all classes.",
            watched,
        )
    doubt = doubts(images, num_classes, float(settings.get("steady", 1.0)))
    of_data = left_out(settings.get("left_out_images", ())) + doubt
    if found:
        most = len(found) > num_classes / 2
        each = _of_each(found.values(), doubtful=bool(doubt) or most)
        reason = enough(found) + (MOST if most else MORE)
        return Verdict(
            "backdoor found",
            "high" if "high" in each else each[0],
            tuple(found),
            watched,
            reason + of_data,
            each,
        )
    nearest = float(settings["highest_strength"])
    near = nearest >= _NEAR
    return Verdict(
        "no sign of a backdoor",
        "low" if near or doubt else "moderate",
        (),
        watched,
        not_enough(nearest, settings["strongest_label"], near=near)
        + f" A {NO_TRACE}{of_data}",
    )


def from_card(card: Mapping[str, Any]) -> Verdict:
    """The verdict that a card tells; that nothing can be told if it has none."""
    told = card.get("verdict")
    if not isinstance(told, dict):
        return _untold("The card tells no verdict: it is of an older build.", ())
    strict = card.get("settings", {}).get("strict_labels", ())
    strength = {str(x["label"]): x.get("strength") for x in strict}
    known = [strength.get(str(label)) for label in told["found"]]
    each = [float(x) if isinstance(x, (int, float)) else 0.0 for x in known]
    return Verdict(
        told["verdict"],
        told["confidence"],
        tuple(told["found"]),
        tuple(told["watched"]),
        told["reason"],
        _of_each(each, doubtful=told["confidence"] == "low"),
    )


def _of_each(strengths: Iterable[float], *, doubtful: bool) -> tuple[Confidence, ...]:
    return tuple(
        "low" if doubtful else "high" if strength >= _CLEAR else "moderate"
        for strength in strengths
    )


def _untold(reason: str, watched: tuple[int, ...]) -> Verdict:
    return Verdict("cannot be told", "low", (), watched, reason)
