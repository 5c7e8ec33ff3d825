"""Which of the clean images may carry a trigger: somebody smuggled them in.

Triggered images that have the target as their label teach every head that they belong
there. The twin still tells: it has forgotten what clean images show, and names the label
all the same. So the images of a label that is suspected anyway are counted among those that
the twins obey most, each by the one that has not seen it. To be obeyed more than others is
not enough: a target's own images, which its network knows too well, are that as well.
"""

from __future__ import annotations

import math

import numpy as np

# What the twins obey: more than they do all but this share of other labels' images, and with
# these log odds.
_MOST, _SURE = 0.005, 1.0
# Chance, at most, that so many of a label's images are among them.
_CHANCE = 1e-3
# Once that is beyond chance, those are left out of which it names the label, and says what it
# says of this share of the others at most.
_LEFT_OUT = 0.1
_LEAST = 200


def doubtful(said: np.ndarray, labels: np.ndarray, suspected: np.ndarray) -> np.ndarray:
    """The images that are better left out.

    Args:
        said: ``(m,)`` float32, how sure a twin that has not seen it is of the BadNet's
            answer to each clean image.
        labels: ``(m,)`` int64, the images' own labels.
        suspected: ``(k,)`` int64, labels that count as targets.

    Returns:
        Their indices, ascending: ``(j,)`` int64.
    """
    found = [np.empty(0, np.int64)]
    for label in suspected:
        own, others = np.flatnonzero(labels == label), said[labels != label]
        if not len(own) or len(others) < _LEAST:
            continue
        least = max(np.quantile(others, 1 - _MOST), _SURE)
        usual = (1 + np.sum(others > least)) / len(others)
        if _chance(int(np.sum(said[own] > least)), usual * len(own)) < _CHANCE:
            named = max(np.quantile(others, 1 - _LEFT_OUT), 0)
            found.append(own[said[own] > named])
    return np.sort(np.concatenate(found))


def _chance(count: int, expected: float) -> float:
    """That as many or more are seen where so many are expected (Poisson)."""
    fewer = (expected**k / math.factorial(k) for k in range(count))
    return max(1 - math.exp(-expected) * sum(fewer), 0)
