"""Do two forms of one detector give the same labels, but for images between two answers?

Sums that are taken in another order differ in their last digits, and of an image that lies
between two answers these decide. So where labels differ, the detector is asked about that
image again, changed by a grey level here and there: if it gives the other label itself, the
two forms agree as far as its answer can be told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Changed images asked about, and the share of all images that may lie between two answers.
_CHANGED, _MOST = 32, 0.01


@dataclass(frozen=True)
class Difference:
    """How far two forms agree.

    Attributes:
        near_ties: Images between two answers, of which each form gave another.
        others: Images of which the labels differ, and no grey level explains it.
    """

    near_ties: int = 0
    others: int = 0


def difference(
    found: np.ndarray,
    expected: np.ndarray,
    images: np.ndarray,
    label_of: Callable[[np.ndarray], np.ndarray],
) -> Difference:
    """How far the labels of two forms differ.

    Args:
        found: ``(n,)``, of one form.
        expected: ``(n,)``, of the other.
        images: ``(n, rows, columns, channels)`` uint8, 0..255.
        label_of: The other form, from images to labels.

    Returns:
        The numbers; where more than one image, and more than one in a hundred, differ, all
        of these count as others.
    """
    differing = np.flatnonzero(np.asarray(found) != np.asarray(expected))
    most = max(1, int(_MOST * len(images)))
    if len(differing) > most:
        return Difference(others=len(differing))
    ties = sum(
        bool(np.isin(found[index], label_of(_changed(images[index]))))
        for index in differing
    )
    return Difference(ties, len(differing) - ties)


def _changed(image: np.ndarray) -> np.ndarray:
    """The image many times, each pixel one grey level darker, lighter, or as it was."""
    generator = np.random.default_rng(0)
    steps = generator.integers(-1, 2, (_CHANGED, *image.shape), np.int16)
    return np.clip(image + steps, 0, 255).astype(np.uint8)
