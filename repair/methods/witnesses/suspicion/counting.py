"""How much each label is to be suspected of being an attacker's target label.

Disturb clean images at random, and a BadNet's answers that change pile up on its target
labels: the disturbance resembled a trigger a little. A network's natural favourites draw
answers too. But an answer counts here only if the witnesses would say of the image what
they say of hardly any clean one: that the head recognises another class, and that the twin
obeys all the same.
"""

from __future__ import annotations

import numpy as np


def telling(evidence: np.ndarray, clean: np.ndarray, share: float) -> np.ndarray:
    """Which images the witnesses say more of than of nearly all clean ones.

    Args:
        evidence: ``(n,)``, of disturbed images.
        clean: ``(m,)``, of clean images.
        share: Of the clean images, that say as much, in [0, 1].

    Returns:
        Bool ``(n,)``.
    """
    return np.asarray(evidence > np.quantile(clean, 1 - share))


def suspicion(counts: np.ndarray, rank: int) -> np.ndarray:
    """How suspicious each label is.

    Args:
        counts: ``(N,)``, how many telling images have been given each label.
        rank: A label is measured against the one with this rank.

    Returns:
        ``(N,)`` float64, at least 0: how often more, as a logarithm.
    """
    usual = np.sort(counts)[-min(rank, len(counts))]
    return np.maximum(np.log((counts + 1.0) / (usual + 1.0)), 0)
