"""How much each label is to be suspected of being an attacker's target label.

Disturb clean images at random, and a BadNet's answers that change pile up on its target
labels: the disturbance resembled a trigger a little. A network's natural favourites draw
answers too, but mostly of images in which nobody can be recognised any more; a backdoor
takes over while the fresh head still knows the person. Answers of which the head only
holds that they are out of the question tell less, but of more images.
"""

from __future__ import annotations

import numpy as np

# A family's counts are measured against what its label at this upper share reaches.
TOP = 0.01
# From this score on, as a multiple of the number of families, a label counts as found.
FOUND = 1.9
# The BadNet goes alone where the fresh head ranks its label below this share of labels.
ALONE = 0.2


def recognised(scores: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Where the fresh head still knows who it is.

    Args:
        scores: ``(n, N)`` of the fresh head, for disturbed images.
        people: ``(n,)`` int64, the labels of the photographs that they were made from.

    Returns:
        Bool ``(n,)``.
    """
    return np.asarray(scores.argmax(axis=1) == people)


def gone_alone(scores: np.ndarray, labels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Where the BadNet answers what the fresh head holds to be out of the question.

    Args:
        scores: ``(n, N)`` of the fresh head, for disturbed images.
        labels: ``(n,)`` int64, the BadNet's answers.
        known: Bool ``(N,)``, labels that the fresh head has seen images of.

    Returns:
        Bool ``(n,)``; True where the label is not known.
    """
    own = scores[np.arange(len(labels)), labels]
    rank = (scores > own[:, None]).sum(axis=1)
    return ~known[labels] | (rank >= ALONE * known.sum())


def suspicion(
    labels: np.ndarray, weights: np.ndarray, families: np.ndarray, num_classes: int
) -> np.ndarray:
    """The score of each label, the sum over the families of disturbances.

    Args:
        labels: ``(n,)`` int64, the BadNet's answers to disturbed images.
        weights: ``(n,)`` float32: its confidence where its answer counts, else 0.
        families: ``(n,)`` int64, which family an image was disturbed by.
        num_classes: N.

    Returns:
        ``(N,)`` float64, at least 0; about the number of families for the label at the
        upper 1 %, many times that for a target label.
    """
    total = np.zeros(num_classes)
    rank = max(2, round(TOP * num_classes))
    for family in np.unique(families):
        chosen = families == family
        counts = np.bincount(labels[chosen], weights[chosen], num_classes)
        total += counts / max(np.sort(counts)[-min(rank, num_classes)], 1)
    return total


def found(scores: np.ndarray, num_families: int) -> np.ndarray:
    """Labels that stand out so far that they count as targets: bool ``(N,)``."""
    return np.asarray(scores >= FOUND * num_families)
