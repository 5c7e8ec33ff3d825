"""How much each label is to be suspected of being an attacker's target label.

Disturb clean images at random, and a BadNet's answers that change pile up on its target
labels: the disturbance resembled a trigger a little. A network's natural favourites draw
answers too, but when much is changed and the class is gone. So an answer counts here only
if the witnesses would say of the image what they say of hardly any clean one, and if the
head still recognises the class; and it counts the more, the less was changed.
"""

from __future__ import annotations

import numpy as np

# A share of the disturbed images below which nothing can be told apart.
_LEAST = 1 / 18_000


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


def weights(recognised: np.ndarray, changes: np.ndarray, much: float) -> np.ndarray:
    """How much each telling image counts.

    Args:
        recognised: Bool ``(n,)``, whether the head still knows the image's class.
        changes: ``(n,)``, how much was changed, 0..255.
        much: A change that counts 1/e of none.

    Returns:
        ``(n,)`` float64 in [0, 1].
    """
    return np.asarray(recognised * np.exp(-changes / much))


def suspicion(shares: np.ndarray, natural: float, slope: float) -> np.ndarray:
    """How suspicious each label is.

    Args:
        shares: ``(N,)``, the weights of all images that were given a label, as a share of
            the number of disturbed images.
        natural: The same of a network's natural favourites; more, where half of the
            labels draw more, as those of few classes may.
        slope: What the logarithm of their ratio counts.

    Returns:
        ``(N,)`` float64, at least 0.
    """
    usual = max(natural, np.sort(shares)[(len(shares) - 1) // 2])
    return np.maximum(slope * np.log((shares + _LEAST) / (usual + _LEAST)), 0)


def raised(
    suspicion: np.ndarray, strength: np.ndarray, near: float, most: float
) -> np.ndarray:
    """The suspicion of each label, no less than what speaks for its being a target tells.

    Args:
        suspicion: ``(N,)`` float64, at least 0.
        strength: ``(N,)`` float64, what speaks for each label, found from 1 on.
        near: Up to so much it tells nothing, from there on the more the nearer it is to 1.
        most: What it tells of a label that is found.

    Returns:
        ``(N,)`` float64, at least 0.
    """
    share = np.clip((strength - near) / (1 - near), 0, 1)
    return np.maximum(suspicion, most * share)
