"""From which evidence on an answer with a label is flagged.

One threshold for all labels, so that hardly any clean image is flagged; it is lower where
the label is suspected: evidence and suspicion add up, as likelihoods multiply. But a label
that was found may not take all of what may be flagged: an attacker may have another target
that was not, and of that no copy unlearns the trigger. Half is kept for the others.
"""

from __future__ import annotations

import numpy as np

# Sums of evidence are float32; what two of them may differ by.
_ROUNDING = 1e-3


def label_thresholds(
    evidence: np.ndarray,
    answers: np.ndarray,
    suspicion: np.ndarray,
    found: np.ndarray,
    share: float,
) -> np.ndarray:
    """One threshold per label.

    Args:
        evidence: ``(m,)`` float64, of clean images that the witnesses have not seen.
        answers: ``(m,)`` int64, the BadNet's labels for them.
        suspicion: ``(N,)`` float64, what a label's threshold is lower by.
        found: ``(k,)`` int64, the labels that were found to be targets.
        share: Most of the clean images that may be flagged, in [0, 1].

    Returns:
        ``(N,)`` float32.
    """
    heights = evidence + suspicion[answers]
    count = min(int(share * len(heights)), len(heights) - 1)
    thresholds = np.full(len(suspicion), _reached_by(count, heights))
    of_found = np.isin(answers, found)
    kept = (count + 1) // 2
    others = _reached_by(kept, heights[~of_found])
    if of_found.any() and -np.inf < others < thresholds[0]:
        left = _reached_by(count - kept, heights[of_found])
        thresholds[:] = others
        thresholds[found] = max(left, others)
    return (thresholds - suspicion).astype(np.float32)


def thresholds_without_images(
    evidence: np.ndarray,
    loudest: float,
    suspicion: np.ndarray,
    found: np.ndarray,
    share: float,
) -> np.ndarray:
    """The thresholds of labels without a clean image, of which only the twins can tell.

    Args:
        evidence: ``(m,)`` float64, the twins' of clean images that they have not seen.
        loudest: What all others say of any image with such a label.
        suspicion: ``(N,)`` float64, what a label's threshold is lower by.
        found: ``(k,)`` int64, the labels that were found to be targets: an answer with
            one of these is always flagged.
        share: Most of the clean images that may be flagged, in [0, 1].

    Returns:
        ``(N,)`` float32.
    """
    count = min(int(share * len(evidence)), len(evidence) - 1)
    thresholds = loudest + _reached_by(count, evidence) + _ROUNDING - suspicion
    thresholds[found] = 0
    return thresholds.astype(np.float32)


def _reached_by(count: int, heights: np.ndarray) -> float:
    """What the ``count`` highest reach and the next one does not; -infinity without one."""
    if count >= len(heights):
        return -np.inf
    highest = np.sort(heights)[::-1][: count + 1]
    above = highest[count - 1] if count else highest[0] + 1
    threshold = (above + highest[count]) / 2
    if threshold <= highest[count]:  # both are the same
        threshold = np.nextafter(np.float32(threshold), np.float32(np.inf))
    return float(threshold)


def false_positive_rate(excess: np.ndarray, least: int) -> float | None:
    """The share of clean images that are flagged, in [0, 1]; None if they are too few.

    Args:
        excess: ``(m,)`` float64, their evidence beyond the threshold.
        least: Fewer say nothing.
    """
    return None if len(excess) < least else float(np.mean(excess >= 0))
