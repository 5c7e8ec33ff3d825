"""What every method of repair gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from repair.rule import Rule


@dataclass(frozen=True)
class Repair:
    """A repaired network and when to believe it.

    Attributes:
        repaired: Classifier of plain pixels, probabilities ``(n, N)``.
        rule: When to flag, or None for plain comparison of the two.
        settings: Every setting used, for the card; plain JSON values.
        estimated_fpr: Estimated false-positive rate, in [0, 1]; None = not estimated.
        witnesses: Networks that are heard beside the repaired one, by name, in the order
            of the rule; each shares its input with the BadNet.
        stages: Networks on the way to the repaired one, by name, for the table.
    """

    repaired: keras.Model
    rule: Rule | None
    settings: Mapping[str, Any]
    estimated_fpr: float | None = None
    witnesses: Mapping[str, keras.Model] = field(default_factory=dict)
    stages: Mapping[str, keras.Model] = field(default_factory=dict)
