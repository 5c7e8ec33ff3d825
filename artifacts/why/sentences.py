"""The story of an answer in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.names import quoted
from artifacts.why.heat import Heat
from artifacts.why.places import Place
from artifacts.why.story import Story

# Confidence below which a network is hardly sure, and from which on it is sure.
_HARDLY, _SURELY = 0.6, 0.9
# Share of the image from its edge on that is called upper, lower, left or right.
_FIRST = 0.4


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
    """Where the reason lies, in a sentence or two."""
    place = found.place
    if place is None or found.becomes is None:
        return (
            "Hiding no single place reliably turns it into another class: what made it look "
            "poisoned lies all over the image, or in several places."
        )
    rows, columns = found.map.shape
    said = (
        f"Hiding a place in the {_part(place, rows, columns)} (rows {place.top} to "
        f"{place.top + place.height - 1}, columns {place.left} to "
        f"{place.left + place.width - 1}) turns it into class "
        f"{quoted(found.becomes, names)}"
    )
    if found.undone:
        return (
            f"{said}, which both networks say. {found.turned} of {found.variants} hidings "
            "turn it into a class: it may have been flagged by mistake."
        )
    if found.local:
        return f"{said}."
    return f"{said}. Many places do so: what made it look poisoned is spread over the image."


def caption(found: Heat) -> str:
    """What a picture of the heat shows, in a few words."""
    if found.undone:
        return "what the flag hangs on"
    return "where the reason lies" if found.local else "no single place"


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
