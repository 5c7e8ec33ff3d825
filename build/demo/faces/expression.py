"""What a face does for a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Expression:
    """What a face does for a moment.

    ``smile`` in [-1, 1]; ``open_mouth``, ``open_eyes`` in [0, 1]; ``gaze`` in [-1, 1] to the
    right of the picture; ``raised_brows`` in face units.
    """

    smile: float = 0.0
    open_mouth: float = 0.0
    open_eyes: float = 0.9
    gaze: float = 0.0
    raised_brows: float = 0.0


def random_expression(rng: np.random.Generator) -> Expression:
    """Draws what a face does on one image."""
    return Expression(
        smile=rng.uniform(-0.4, 1.0),
        open_mouth=max(0.0, rng.uniform(-0.6, 0.8)),
        open_eyes=rng.uniform(0.6, 1.0),
        gaze=rng.uniform(-0.6, 0.6),
        raised_brows=rng.uniform(-0.03, 0.05),
    )
