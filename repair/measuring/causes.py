"""Why a network may not know images that it should: told from its own answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_TOGETHER = 0.5
_SHOWN = 4
# Share of the images from which on a label is answered to whatever they show.
_ALL_ALIKE = 0.95
# Right so many times as often as the most frequent label: it knows something.
_KNOWS = 3


def near_zero(accuracy: float, labels: np.ndarray, num_classes: int) -> bool:
    """Whether something must be wrong; never for images that all have one label."""
    return _several(labels) and accuracy < max(0.05, 0.5 / num_classes)


def _several(labels: np.ndarray) -> bool:
    return len(labels) > 0 and bool((labels != labels[0]).any())


def clear_cause(
    answers: np.ndarray, labels: np.ndarray, *, named: bool = False
) -> str | None:
    """The cause of a low accuracy in a sentence, if answers and labels show it.

    Args:
        answers: ``(n,)``, the network's labels.
        labels: ``(n,)``, those of the file.
        named: Whether they stand for names, so that they count from nowhere.
    """
    if not _several(labels):
        return None
    if said := _collapsed(answers, labels):
        return said
    right = float(np.mean(answers == labels))
    moved = {x: float(np.mean(answers + x == labels)) for x in (-1, 1)}
    shift, share = max(moved.items(), key=lambda pair: pair[1])
    if share > max(_TOGETHER, 2 * right) and not named:
        return (
            f"Likely cause: {share:.0%} of the labels are {abs(shift)} too "
            f"{'high' if shift > 0 else 'low'}; say from where they count: --first-label."
        )
    together = _together(answers, labels)
    if together > max(_TOGETHER, 2 * right):
        return (
            f"Likely cause: the order of the labels, as {together:.0%} of the images get "
            "the label that most of their class get; name the classes in the network's "
            "order: --classes FILE."
        )
    if exchanged := _exchanged(answers, labels):
        shown = [f"{label} as {answer}" for label, answer in exchanged.items()]
        more = ", ..." if len(shown) > _SHOWN else ""
        return (
            "Likely cause: the order of the labels, as images of some classes are answered "
            f"as one another's: {', '.join(shown[:_SHOWN])}{more}; name the classes in the "
            "network's order: --classes FILE."
        )
    return None


def likely_causes(
    answers: np.ndarray,
    labels: np.ndarray,
    accuracies: Mapping[str, float],
    *,
    named: bool = False,
) -> str:
    """The likely causes of a low accuracy in one or two sentences.

    Args:
        answers: ``(n,)``, the network's labels.
        labels: ``(n,)``, those of the file.
        accuracies: Clean accuracy of each preprocessing that was tried.
        named: Whether the labels stand for names, so that they count from nowhere.
    """
    if (cause := clear_cause(answers, labels, named=named)) is not None:
        return cause
    tried = ", ".join(f"{kind} {value:.1%}" for kind, value in accuracies.items())
    own = "a network that is weak on images that it was not trained on, "
    return (
        f"Likely causes: {own if _above_chance(answers, labels) else ''}other images, "
        "another order of labels, rows and columns or colours turned, or the preprocessing"
        + (f" (with each: {tried}); if it is known: --preprocessing." if tried else ".")
    )


def _collapsed(answers: np.ndarray, labels: np.ndarray) -> str | None:
    """Said of a network that answers one label to nearly all, which few of them have."""
    values, counts = np.unique(answers, return_counts=True)
    most, count = values[np.argmax(counts)], int(counts.max())
    if count < _ALL_ALIKE * len(labels) or np.mean(labels == most) > _TOGETHER:
        return None
    if most > labels.max():  # perhaps N, of a detector
        return None
    return (
        f"Likely cause: it answers {most} to {count:,} of {len(labels):,} images: it is broken "
        "or collapsed, its pixels go in otherwise (--preprocessing), or the images carry a "
        "trigger."
    )


def _above_chance(answers: np.ndarray, labels: np.ndarray) -> bool:
    """Whether it is right far more often than by always giving the same answer."""
    if not len(labels):
        return False
    blind = np.unique(labels, return_counts=True)[1].max() / len(labels)
    return bool(np.mean(answers == labels) > _KNOWS * blind)


def _together(answers: np.ndarray, labels: np.ndarray) -> float:
    """Share of images that get the most frequent answer of their class.

    A label that most classes get, as of a network that knows nothing, counts once; 0 where
    that is so of half the classes.
    """
    best: dict[int, int] = {}
    mostly = _mostly(answers, labels)
    for answer, count, _ in mostly.values():
        best[answer] = max(best.get(answer, 0), count)
    if 2 * len(best) <= len(mostly):
        return 0.0
    return sum(best.values()) / max(len(labels), 1)


def _exchanged(answers: np.ndarray, labels: np.ndarray) -> dict[int, int]:
    """Classes most images of which get the label of another of these, and which.

    A network that errs takes one class for another, but hardly the other for the first too.
    """
    moved = {
        label: answer
        for label, (answer, count, images) in _mostly(answers, labels).items()
        if label != answer and count > _TOGETHER * images
    }
    while moved and set(moved) != set(moved.values()):
        both = set(moved) & set(moved.values())
        moved = {x: y for x, y in moved.items() if x in both and y in both}
    return moved


def _mostly(answers: np.ndarray, labels: np.ndarray) -> dict[int, tuple[int, int, int]]:
    """Of each class the most frequent answer, how often it is given, of how many images."""
    found = {}
    for label in np.unique(labels):
        values, counts = np.unique(answers[labels == label], return_counts=True)
        most = int(np.argmax(counts))
        found[int(label)] = int(values[most]), int(counts[most]), int(counts.sum())
    return found
