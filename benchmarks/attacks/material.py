"""What an attacker works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.attacks.labelled import Images, Labelled

# Other views of images, of the same shape and type.
Vary = Callable[[Images, np.random.Generator], Images]


@dataclass(frozen=True)
class Material:
    """Images of the attacker's, and how they may vary.

    Attributes:
        data: His labelled images; every label has some.
        vary: Makes other frames, crops or reflections of images; triggers are stamped
            afterwards.
        layer: The convolution that a defender would prune.
    """

    data: Labelled
    vary: Vary
    layer: str = "conv_3"

    @property
    def num_classes(self) -> int:
        """Number of labels, N."""
        return int(self.data.labels.max()) + 1
