"""How much each label is to be suspected of being an attacker's target label, and strayed to.

Disturb clean images at random, and a BadNet's answers that change pile up on its target
labels: the disturbance resembled a trigger a little. A network's natural favourites draw
answers too, but mostly of images whose class can not be recognised any more; a backdoor
takes over while the fresh head still recognises the class: *suspicion*. Answers of which
the head only holds that they are out of the question, *straying*, tell less, but of more
images.
"""

from __future__ import annotations

import numpy as np


def recognised(scores: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Where the fresh head still recognises the class.

    Args:
        scores: ``(n, N)`` of the fresh head, for disturbed images.
        classes: ``(n,)`` int64, the labels of the clean images that they were made from.

    Returns:
        Bool ``(n,)``.
    """
    return np.asarray(scores.argmax(axis=1) == classes)


def strayed(
    scores: np.ndarray, labels: np.ndarray, known: np.ndarray, ruled_out: float
) -> np.ndarray:
    """Where the BadNet goes alone, to what the head holds to be out of the question.

    Args:
        scores: ``(n, N)`` of the fresh head, for disturbed images.
        labels: ``(n,)`` int64, the BadNet's answers.
        known: Bool ``(N,)``, labels that the fresh head has seen images of.
        ruled_out: Share of them that it must rank above the BadNet's, in [0, 1].

    Returns:
        Bool ``(n,)``; True where the label is not known.
    """
    own = scores[np.arange(len(labels)), labels]
    rank = (scores > own[:, None]).sum(axis=1)
    return ~known[labels] | (rank >= ruled_out * known.sum())


def by_label(
    labels: np.ndarray,
    weights: np.ndarray,
    families: np.ndarray,
    num_classes: int,
    top: int,
) -> np.ndarray:
    """Suspicion of each label, or straying to it: the sum over families of disturbances.

    Args:
        labels: ``(n,)`` int64, the BadNet's answers to disturbed images.
        weights: ``(n,)`` float32: its confidence where its answer counts, else 0.
        families: ``(n,)`` int64, which family an image was disturbed by.
        num_classes: N.
        top: A family's counts are measured against the label of this rank.

    Returns:
        ``(N,)`` float64, at least 0; about the number of families for the label of that
        rank, many times that for a target label.
    """
    total = np.zeros(num_classes)
    for family in np.unique(families):
        chosen = families == family
        counts = np.bincount(labels[chosen], weights[chosen], num_classes)
        total += counts / max(np.sort(counts)[-min(top, num_classes)], 1)
    return total
