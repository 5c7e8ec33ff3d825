"""What every method of repair gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class Repair:
    """A repaired network and when to believe it.

    Attributes:
        repaired: Classifier of plain pixels, probabilities ``(n, N)``.
        thresholds: ``(N,)`` float32 (see ``rule``), or None for plain comparison.
        settings: Every setting used, for the card; plain JSON values.
        estimated_fpr: Estimated false-positive rate, in [0, 1]; None = not estimated.
        stages: Networks on the way to the repaired one, by name, for the table.
    """

    repaired: keras.Model
    thresholds: np.ndarray | None
    settings: Mapping[str, Any]
    estimated_fpr: float | None = None
    stages: Mapping[str, keras.Model] = field(default_factory=dict)
