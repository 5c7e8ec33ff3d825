"""From which evidence on an answer with a label is flagged.

One threshold for all labels, so that hardly any clean image is flagged; it is lower where
the label is suspected: evidence and suspicion add up, as likelihoods multiply.
"""

from __future__ import annotations

import numpy as np


def label_thresholds(
    evidence: np.ndarray,
    answers: np.ndarray,
    suspicion: np.ndarray,
    share: float,
) -> np.ndarray:
    """One threshold per label.

    Args:
        evidence: ``(m,)`` float64, of clean images that the witnesses have not seen.
        answers: ``(m,)`` int64, the BadNet's labels for them.
        suspicion: ``(N,)`` float64, what a label's threshold is lower by.
        share: Most of the clean images that may be flagged, in [0, 1].

    Returns:
        ``(N,)`` float32.
    """
    total = np.sort(evidence + suspicion[answers])[::-1]
    flagged = min(int(share * len(total)), len(total) - 1)
    # Between the last that is flagged and the first that is not.
    above = total[flagged - 1] if flagged else total[0] + 1
    threshold = (above + total[flagged]) / 2
    if threshold <= total[flagged]:  # both are the same
        threshold = np.nextafter(np.float32(threshold), np.float32(np.inf))
    return (threshold - suspicion).astype(np.float32)


def false_positive_rate(excess: np.ndarray, least: int) -> float | None:
    """The share of clean images that are flagged, in [0, 1]; None if they are too few.

    Args:
        excess: ``(m,)`` float64, their evidence beyond the threshold.
        least: Fewer say nothing.
    """
    return None if len(excess) < least else float(np.mean(excess >= 0))
