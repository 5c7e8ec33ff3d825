"""Clean accuracy, attack success rate, detection rate and false-positive rate.

All take labels ``(n,)`` of any integer type and return a rate in [0, 1], NaN for n = 0.
A detector of N classes answers N for an image that it holds to be poisoned.
"""

from __future__ import annotations

import numpy as np


def clean_accuracy(answers: np.ndarray, labels: np.ndarray) -> float:
    """The share of clean images given their own label; N is wrong."""
    return _share(answers == labels)


def false_positive_rate(answers: np.ndarray, num_classes: int) -> float:
    """The share of clean images given N."""
    return _share(answers == num_classes)


def attack_success_rate(answers: np.ndarray, target_labels: np.ndarray) -> float:
    """The share of poisoned images given the attacker's target label."""
    return _share(answers == target_labels)


def detection_rate(answers: np.ndarray, num_classes: int) -> float:
    """The share of poisoned images given N."""
    return _share(answers == num_classes)


def highest_likely(hits: int, count: int) -> float:
    """The rate up to which so few hits are no surprise: Clopper and Pearson, 95 %.

    Args:
        hits: How many there were.
        count: Of how many, at least one.

    Returns:
        The upper end of the two-sided interval, in [0, 1].
    """
    if hits >= count:
        return 1.0
    fewer = np.arange(1, hits + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log((count - fewer + 1) / fewer))])
    given = np.arange(hits + 1)
    low, high = hits / count, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        likely = ways + given * np.log(rate) + (count - given) * np.log1p(-rate)
        low, high = (rate, high) if np.exp(likely).sum() > 0.025 else (low, rate)
    return high


def with_range(rate: float, count: int) -> str:
    """A rate of so many images in words, and up to what it may be."""
    hits = round(rate * count)
    most = highest_likely(hits, count)
    return f"{rate:.1%} ({hits:,} of {count:,}; up to {most:.1%})"


def _share(hits: np.ndarray) -> float:
    return float(np.mean(hits)) if np.size(hits) else float("nan")
