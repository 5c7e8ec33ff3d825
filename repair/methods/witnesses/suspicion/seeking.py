"""What leads images of any class to a label: a faint pattern, a warp, or a colour filter.

Some triggers no disturbance resembles enough to draw suspicion. So changes are sought that
lead images of all other classes to a label, more surely than a class does (``leading``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import keras
import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.looks.observations import Observations
from repair.methods.witnesses.recipe import Recipe
from repair.methods.witnesses.suspicion.filters import ColourFilter, seek_filters
from repair.methods.witnesses.suspicion.leading import Leading
from repair.methods.witnesses.suspicion.patterns import Pattern, seek_patterns
from repair.methods.witnesses.suspicion.warps import Warp, seek_warps


@dataclass(frozen=True)
class Sought:
    """What was sought, by label.

    Attributes:
        patterns: For all labels; of very many classes, for none.
        filters: For the labels that filters lead to most surely.
        warps: As patterns.
    """

    patterns: Mapping[int, Pattern] = field(default_factory=dict)
    filters: Mapping[int, ColourFilter] = field(default_factory=dict)
    warps: Mapping[int, Warp] = field(default_factory=dict)

    def strength(self, label: int) -> float:
        """That of the one that leads to a label more surely; 0 if none was sought."""
        return max(
            (
                x[label].led.strength
                for x in (self.patterns, self.warps, self.filters)
                if label in x
            ),
            default=0.0,
        )

    def beside_patterns(self) -> dict[int, Warp | ColourFilter]:
        """The warps or filters that alone would be enough to find their label."""
        every: dict[int, Warp | ColourFilter] = {**self.filters, **self.warps}
        return {label: one for label, one in every.items() if one.led.strength >= 1}


def seek(
    network: keras.Model,
    twin: keras.Model,
    clean: Dataset,
    seen: Observations,
    recipe: Recipe,
    generator: np.random.Generator,
) -> Sought:
    """Seeks patterns, warps and filters.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        twin: A copy that has begun to forget, the same.
        clean: Clean images.
        seen: What was seen of them, disturbed.
        recipe: For how many labels, and for how long.
        generator: Source of all randomness; it is not moved on.
    """
    leading = Leading(network, twin, clean, seen.answers, seen.num_classes, recipe)
    draws = np.bincount(seen.disturbed.labels, minlength=seen.num_classes)
    first, second, third = generator.spawn(3)
    return Sought(
        patterns=seek_patterns(leading, clean, seen.answers, draws, first),
        filters=seek_filters(leading, clean, seen, second),
        warps=seek_warps(leading, clean, seen.answers, draws, third),
    )
