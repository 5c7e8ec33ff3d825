"""The defence table: every network on every dataset, in the field's figures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from repair.measuring.tables import Cell
from repair.measuring.trials import Trial
from repair.metrics import (
    attack_success_rate,
    clean_accuracy,
    detection_rate,
    false_positive_rate,
)


def figures(
    trial: Trial, answers: Mapping[str, np.ndarray], num_classes: int
) -> list[dict[str, Cell]]:
    """A row per network for one dataset.

    Args:
        trial: The dataset.
        answers: Network -> its labels ``(n,)``; ``BadNet`` is the original.
        num_classes: N, the label of a poisoned image.

    Returns:
        Rows with the rates in [0, 1], and a note where they flatter. ``detection
        (fooled)`` is over the images that carry a trigger, as far as is known, and fool
        the BadNet.
    """
    row = _poisoned_row if trial.poisoned else _clean_row
    return [
        {
            "data": trial.name,
            "network": name,
            "images": len(trial.data),
            **row(trial, labels, answers["BadNet"], num_classes),
            **measured_on(trial.fitted and name != "BadNet"),
        }
        for name, labels in answers.items()
    ]


def measured_on(fitted: bool) -> dict[str, Cell]:
    """What a row says of images that the network was fitted to: they flatter it."""
    return {"measured on": "images it was fitted to"} if fitted else {}


def _clean_row(
    trial: Trial, labels: np.ndarray, original: np.ndarray, num_classes: int
) -> dict[str, Cell]:
    return {
        "clean accuracy": clean_accuracy(labels, trial.data.labels),
        "FPR": false_positive_rate(labels, num_classes),
    }


def _poisoned_row(
    trial: Trial, labels: np.ndarray, original: np.ndarray, num_classes: int
) -> dict[str, Cell]:
    targets = trial.data.labels
    triggered = np.ones(len(targets), bool)
    row: dict[str, Cell] = {}
    if trial.triggered is not None:
        triggered = trial.triggered
        row["FPR"] = false_positive_rate(labels[~triggered], num_classes)
    fooled = triggered & (original == targets)
    return row | {
        "ASR": attack_success_rate(labels[triggered], targets[triggered]),
        "detection": detection_rate(labels[triggered], num_classes),
        "detection (fooled)": detection_rate(labels[fooled], num_classes),
        "attack ratio": detection_rate(labels, num_classes),
    }
