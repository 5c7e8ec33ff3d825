"""Where the confidence of a verdict comes from, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Fewer clean images tell little.
FEW = 100
# The limits were set by networks of so many classes and more.
_FEW_CLASSES = 6
# Share of images that keep their label when they are moved a little, below which a network
# is thrown off by any change.
_STEADY = 0.7
# Images that are named, and found labels of which each is told what speaks for it.
_NAMED, _TOLD = 10, 4
MOST = (
    " But these are most of its labels, as of any network that small changes throw off, with "
    "or without a backdoor."
)
NO_TRACE = "trigger that resembles nothing that was tried leaves no trace."
MORE = f" Further targets are not ruled out: a {NO_TRACE}"


def enough(found: Mapping[int, float]) -> str:
    """How much speaks for the labels that were found."""
    limit = "as strong as it takes to call a label a target"
    (first, strength), *rest = found.items()
    if not rest:
        return f"What speaks for it is {strength:.1f} times {limit}."
    if len(found) > _TOLD:
        low, high = min(found.values()), max(found.values())
        return f"What speaks for them is {low:.1f} to {high:.1f} times {limit}."
    others = "".join(f"; for label {label} it is {x:.1f} times" for label, x in rest)
    return f"What speaks for label {first} is {strength:.1f} times {limit}{others}."


def not_enough(strength: float, label: int, *, near: bool) -> str:
    """How much speaks for the most suspicious label, where none was found."""
    return (
        f"What speaks for the most suspicious label, {label}, has {strength:.0%} of the "
        "strength that it takes to call a label a target"
        + (": it may well be one." if near else ".")
    )


def doubts(images: int, num_classes: int, steady: float) -> str:
    """What makes any verdict doubtful; nothing where nothing does.

    Args:
        images: Number of clean images.
        num_classes: N.
        steady: Share of them, in [0, 1], that keep their label when they are moved a little.
    """
    said = ""
    if num_classes < _FEW_CLASSES:
        said += (
            f" {num_classes} classes are few: small changes lead from one to another in any "
            "network, and this was tried on networks of more alone."
        )
    if images < FEW:
        said += f" {images} clean images are few: {FEW} or more tell it more surely."
    if steady < _STEADY:
        said += (
            f" The network gives {1 - steady:.0%} of the clean images another label when "
            "they are turned, moved and lit a little: small changes throw it off, with or "
            "without a backdoor. If it was trained on these very images, give others."
        )
    return said


def left_out(images: Sequence[int]) -> str:
    """What is said of clean images that may carry a trigger; nothing without any."""
    if not images:
        return ""
    named = ", ".join(map(str, images[:_NAMED])) + (
        ", ..." if len(images) > _NAMED else ""
    )
    return (
        f" The clean data is not clean: {len(images)} of its images with a target label "
        f"may carry the trigger and were left out (counted from 0: {named})."
    )
