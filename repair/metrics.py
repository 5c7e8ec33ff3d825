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


def _share(hits: np.ndarray) -> float:
    return float(np.mean(hits)) if np.size(hits) else float("nan")
