"""What a disagreement of the original and the repaired network means.

The detector answers N (poisoned) where the repaired network speaks against the original's
label b. How loudly it must speak is a threshold per label. Elsewhere it answers what both
say together, a logarithmic opinion pool in which the repaired network weighs less: it has
seen few images of each class, the original many.

References:
    Genest and Zidek, *Combining Probability Distributions: A Critique and an Annotated
    Bibliography*, Statistical Science 1(1), 1986 (logarithmic opinion pools).
"""

from __future__ import annotations

import numpy as np

# Probabilities below this count as this, and margins above the other as that.
SMALLEST_PROBABILITY = 1e-30
LARGEST_MARGIN = 60.0
# What the repaired network's log-probabilities count, beside the original's, in an answer.
REPAIRED_WEIGHT = 0.25
# A threshold that no margin reaches: answers with this label are never flagged.
NEVER = 100.0


def margins(repaired: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How loudly the repaired network speaks against given labels.

    Args:
        repaired: ``(n, N)`` probabilities of the repaired network.
        labels: ``(n,)`` int64, the original network's labels.

    Returns:
        ``(n,)`` float32: log p(best other label) - log p(label); below 0 where the
        repaired network gives the same label, at most ``LARGEST_MARGIN``.
    """
    logs = _logs(repaired)
    rows = np.arange(len(labels))
    own = logs[rows, labels]
    logs[rows, labels] = -np.inf
    with np.errstate(invalid="ignore"):  # infinity - infinity = NaN, which is flagged
        return np.minimum(logs.max(axis=1) - own, np.float32(LARGEST_MARGIN))


def fused_labels(
    original: np.ndarray,
    repaired: np.ndarray,
    thresholds: np.ndarray | None = None,
    repaired_weight: float = REPAIRED_WEIGHT,
) -> np.ndarray:
    """The labels that a fused detector gives.

    Args:
        original: ``(n, N)`` probabilities of the original network.
        repaired: ``(n, N)`` probabilities of the repaired network.
        thresholds: ``(N,)`` float32, the margin from which on an answer with a label is
            flagged; None = plain comparison of the two argmaxes.
        repaired_weight: What the repaired network's log-probabilities count, beside the
            original's, in an answer that is not flagged.

    Returns:
        ``(n,)`` int64: a label, or N = poisoned. NaN counts as poisoned. Under
        plain comparison, and where the repaired network does not know the original's
        label at all, that label is the answer; else it is what both say together.
    """
    num_classes = original.shape[1]
    labels = np.argmax(original, axis=1)
    if thresholds is None:
        agree = labels == np.argmax(repaired, axis=1)
    else:
        against = margins(repaired, labels)
        agree = against < thresholds[labels]
        together = _logs(original) + np.float32(repaired_weight) * _logs(repaired)
        labels = np.where(against < LARGEST_MARGIN, np.argmax(together, axis=1), labels)
    whole = np.isfinite(original).all(axis=1) & np.isfinite(repaired).all(axis=1)
    return np.where(agree & whole, labels, num_classes)


def _logs(probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(
        np.log(np.maximum(probabilities, np.float32(SMALLEST_PROBABILITY)))
    )


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities ``(n, N)`` of scores ``(n, N)``, both float32."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
