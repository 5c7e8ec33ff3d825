"""Where in an image the reason lies that it was flagged: a heat map.

Places of the image are hidden, one in each of some hundred variants, which the detector
answers in one go. A variant speaks for the pixels that hiding changed, as far as it turned
N back into a class, or took confidence from the original network's label.

References:
    Zeiler and Fergus, *Visualizing and Understanding Convolutional Networks*,
    arXiv:1311.2901 (occlusion); Petsiuk, Das and Saenko, *RISE*, arXiv:1806.07421.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from artifacts.why.places import Place, blurred, hidden, places

Explain = Callable[[np.ndarray], dict[str, np.ndarray]]

# A variant speaks for a pixel by its change to this power: a strong change of few levels
# counts more, yet not so much more that edges alone are seen.
_POWER = 0.5
# Pixels that few variants change are held back, as if this share of the mean had been said.
_PRIOR = 1.0
# A place is upheld if at least so many variants turned N that hide most of it.
_UPHELD = 2
# A reason is local if the warm pixels, half as hot as the hottest, are at most this share.
_MOST_WARM = 0.5


@dataclass(frozen=True)
class Heat:
    """Where the reason lies.

    Attributes:
        map: ``(rows, columns)`` float32 in [0, 1]; the hottest place is 1, unless all
            is 0.
        hottest: Row and column of the hottest pixel.
        place: The smallest place that turns N into a class once it is hidden, as others do
            that hide it too, and the warmest of these; None if there is none.
        becomes: That class; None without a place.
        variants: How many variants were asked about.
        turned: How many of them turned N into a class: any, if the repaired network agrees
            with the original one, else one other than the original's label.
        undone: Whether ``becomes`` is the label that both networks gave the image, so that
            the flag alone was lost.
    """

    map: np.ndarray
    hottest: tuple[int, int]
    place: Place | None
    becomes: int | None
    variants: int
    turned: int
    undone: bool = False

    @property
    def local(self) -> bool:
        """Whether the reason is at some place rather than all over the image."""
        if self.place is None or self.undone:
            return False
        return float((self.map >= 0.5).mean()) <= _MOST_WARM


def heat(explain: Explain, image: np.ndarray, num_classes: int) -> Heat:
    """Looks for the reason why an image was flagged.

    Args:
        explain: Gives the outputs of a detector's signature ``explain``, of length n, for
            images ``(n, rows, columns, channels)`` uint8.
        image: ``(rows, columns, channels)`` uint8, labelled N.
        num_classes: N.
    """
    tried = places(*image.shape[:2])
    variants = np.concatenate([hidden(image, tried), blurred(image, tried)])
    answers = explain(np.concatenate([image[None], variants]))
    turned, effect = _effects(answers, num_classes)
    change = np.abs(variants.astype(np.int16) - image).mean(axis=3, dtype=np.float32)
    warmth = _attributed(effect, change**_POWER)
    hottest = np.unravel_index(int(warmth.argmax()), warmth.shape)
    place, becomes = None, None
    upheld = _upheld(turned, tried)
    if upheld.any():
        best = _smallest(np.flatnonzero(upheld), tried, warmth)
        place, becomes = tried[best % len(tried)], int(answers["label"][best + 1])
    return Heat(
        warmth / max(float(warmth.max()), 1e-12),
        (int(hottest[0]), int(hottest[1])),
        place,
        becomes,
        len(variants),
        int(turned.sum()),
        becomes == int(answers["original_label"][0]),
    )


def _effects(
    answers: dict[str, np.ndarray], num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """What hiding did, a variant each: whether N became a class, and a share in [0, 1].

    The first answer is the image's own. Where the repaired network contradicts the original
    one, a variant that is labelled as the original labels the image has lost the repaired
    network's evidence, not the trigger. Where it agrees, that label is what both say.
    """
    label, original = answers["label"], answers["original_label"]
    confidence = answers["original_confidence"].astype(np.float64)
    turned = label != num_classes
    if answers["repaired_label"][0] != original[0]:
        turned &= label != original[0]
    # Of a label that is not the highest, no more is known than that it is below both.
    kept = np.where(
        original == original[0], confidence, np.minimum(confidence, 1 - confidence)
    )
    drop = np.clip(1 - kept / max(kept[0], 1e-12), 0, 1)
    return turned[1:], (0.5 * turned + 0.5 * drop)[1:]


def _upheld(turned: np.ndarray, tried: list[Place]) -> np.ndarray:
    """Of the variants that turned N, those whose place others hid with the same success.

    A trigger is gone whatever its place is filled with, and if a place beside it is hidden
    that has most of it in common. What one variant of hundreds did alone is a chance.

    Args:
        turned: ``(2k,)`` bool, both ways of filling one after the other.
        tried: The k places.
    """
    times = turned.reshape(2, -1).sum(axis=0)
    first = np.array([(place.top, place.left) for place in tried])
    last = first + [(place.height, place.width) for place in tried]
    sides = np.minimum(last, last[:, None]) - np.maximum(first, first[:, None])
    shared = sides.clip(0).prod(axis=2)
    most = shared > 0.5 * shared.diagonal()[:, None]
    return turned & np.tile(most @ times >= _UPHELD, 2)


def _attributed(effect: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The mean effect of the variants that change a pixel, ``(rows, columns)`` float32.

    Args:
        effect: ``(k,)`` in [0, 1].
        change: ``(k, rows, columns)``, at least 0.
    """
    whole = change.sum(axis=(1, 2), keepdims=True)
    weights = change / np.sqrt(np.where(whole > 0, whole, 1))
    said = weights.sum(axis=0)
    prior = _PRIOR * said.mean() or 1.0
    return (np.tensordot(effect, weights, axes=1) / (said + prior)).astype(np.float32)


def _smallest(chosen: np.ndarray, tried: list[Place], warmth: np.ndarray) -> int:
    """Of the chosen variants the one with the smallest place, then the warmest."""

    def size_and_cold(variant: int) -> tuple[int, float]:
        place = tried[variant % len(tried)]
        return place.height * place.width, -float(warmth[place.where].mean())

    return int(min(chosen.tolist(), key=size_and_cold))
