"""Which of the clean images may carry a trigger: somebody smuggled them in.

Triggered images that have the target as their label teach every head that they belong
there. The twin still tells: it obeys them as it obeys hardly any clean image. So the images
of a label that is suspected anyway are counted among those that the twins obey most, each
by the one that has not seen it.
"""

from __future__ import annotations

import math

import numpy as np

# What the twins obey most: this share of all other labels' images.
_MOST = 0.005
# Chance, at most, that so many of a label's images are among them.
_CHANCE = 1e-3
# Once that is beyond chance, so many of the others' say as much of those that are left out.
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
        obeyed = int(np.sum(said[own] > np.quantile(others, 1 - _MOST)))
        if _chance(obeyed, _MOST * len(own)) < _CHANCE:
            found.append(own[said[own] > np.quantile(others, 1 - _LEFT_OUT)])
    return np.sort(np.concatenate(found))


def _chance(count: int, expected: float) -> float:
    """That as many or more are seen where so many are expected (Poisson)."""
    fewer = (expected**k / math.factorial(k) for k in range(count))
    return max(1 - math.exp(-expected) * sum(fewer), 0)
