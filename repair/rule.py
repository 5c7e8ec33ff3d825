"""What a disagreement of the original and the repaired network means.

The detector answers the original's label b, or N (poisoned) where the repaired network
speaks against b. How loudly it must speak is a threshold per label.
"""

from __future__ import annotations

import numpy as np

# Probabilities below this count as this, so that no margin is larger than this.
SMALLEST_PROBABILITY = 1e-30
LARGEST_MARGIN = 69.0
# A threshold that no margin reaches: answers with this label are never flagged.
NEVER = 100.0


def margins(repaired: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How loudly the repaired network speaks against given labels.

    Args:
        repaired: ``(n, N)`` probabilities of the repaired network.
        labels: ``(n,)`` int64, the original network's labels.

    Returns:
        ``(n,)`` float32: log p(best other label) - log p(label); below 0 where the
        repaired network gives the same label.
    """
    logs = np.log(np.maximum(repaired, np.float32(SMALLEST_PROBABILITY)))
    rows = np.arange(len(labels))
    own = logs[rows, labels]
    logs[rows, labels] = -np.inf
    with np.errstate(invalid="ignore"):  # infinity - infinity = NaN, which is flagged
        return np.asarray(logs.max(axis=1) - own)


def fused_labels(
    original: np.ndarray, repaired: np.ndarray, thresholds: np.ndarray | None = None
) -> np.ndarray:
    """The labels that a fused detector gives.

    Args:
        original: ``(n, N)`` probabilities of the original network.
        repaired: ``(n, N)`` probabilities of the repaired network.
        thresholds: ``(N,)`` float32, the margin from which on an answer with a label is
            flagged; None = plain comparison of the two argmaxes.

    Returns:
        ``(n,)`` int64: the original's label, or N = poisoned. NaN counts as poisoned.
    """
    num_classes = original.shape[1]
    labels = np.argmax(original, axis=1)
    if thresholds is None:
        agree = labels == np.argmax(repaired, axis=1)
    else:
        agree = margins(repaired, labels) < thresholds[labels]
    whole = np.isfinite(original).all(axis=1) & np.isfinite(repaired).all(axis=1)
    return np.where(agree & whole, labels, num_classes)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities ``(n, N)`` of scores ``(n, N)``, both float32."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
