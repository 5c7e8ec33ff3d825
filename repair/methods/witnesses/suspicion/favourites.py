"""Labels that a network gives too often even without any change, which any change draws."""

from __future__ import annotations

import numpy as np


def favoured(
    answers: np.ndarray, labels: np.ndarray, num_classes: int, much: float
) -> np.ndarray:
    """By what to divide what speaks for each label.

    A weak network, or one that was trained on more images of one class, takes images of
    other classes for that class as they are, so it does when they are changed. A backdoor
    shows on clean images hardly ever.

    Args:
        answers: ``(m,)`` int64, the network's labels for clean images.
        labels: ``(m,)`` int64, their own.
        num_classes: N.
        much: Of what takes so many more of other classes' images than labels do on
            average, as a share, half counts.

    Returns:
        ``(N,)`` float64, at least 1.
    """
    given = np.bincount(answers[answers != labels], minlength=num_classes)
    others = len(labels) - np.bincount(labels, minlength=num_classes)
    wrongly = given / np.maximum(others, 1)
    return 1 + np.maximum(wrongly - wrongly.mean(), 0) / much
