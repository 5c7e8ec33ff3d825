"""What a card says of the network, the method and its constants."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from build.request import Request
from repair.methods.repair import Repair
from repair.reading.case import Case


def described(request: Request, case: Case, repair: Repair) -> dict[str, Any]:
    """The entries that are known once the network is repaired, plain JSON values."""
    rows, columns, channels = case.original.input_shape[1:]
    return {
        "name": request.name,
        "stand_in": request.stand_in,
        "num_classes": case.num_classes,
        "input": {"rows": rows, "columns": columns, "channels": channels},
        "class_names": None if case.clean.names is None else list(case.clean.names),
        "pixel_scale": case.preprocessing.pixel_scale,
        "preprocessing": case.preprocessing.on_card(),
        "method": request.method,
        "settings": dict(repair.settings),
        "seed": request.settings.seed,
        "unlabelled": request.unlabelled,
        "estimated_false_positive_rate": repair.estimated_fpr,
        "thresholds": _on_card(None if repair.rule is None else repair.rule.thresholds),
        "versions": {
            "keras": keras.__version__,
            "numpy": np.__version__,
            "tensorflow": tf.__version__,
        },
    }


def _on_card(thresholds: np.ndarray | None) -> dict[str, Any] | None:
    """The most common threshold, and the labels that have another."""
    if thresholds is None:
        return None
    values, counts = np.unique(thresholds, return_counts=True)
    usual = values[np.argmax(counts)]
    others = np.flatnonzero(thresholds != usual)
    return {
        "usual": float(usual),
        "by_label": {str(label): float(thresholds[label]) for label in others},
    }
