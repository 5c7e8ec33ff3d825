"""The shape of a face, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np


def _within(low: float, high: float) -> Any:
    """A field of which the values lie evenly between two ends."""
    return field(metadata={"ends": (low, high)})


@dataclass(frozen=True)
class Shape:
    """Lengths of a face in face units, strengths in [0, 1].

    A mole of negative size is no mole.
    """

    face_width: float = _within(0.84, 1.1)
    forehead_width: float = _within(0.7, 0.97)
    jaw_width: float = _within(0.58, 0.95)
    chin_width: float = _within(0.18, 0.52)
    chin: float = _within(1.18, 1.5)
    ear_size: float = _within(0.16, 0.34)
    hairline: float = _within(-0.95, -0.6)
    hair_volume: float = _within(0.1, 0.36)
    hair_length: float = _within(-0.2, 0.4)
    parting: float = _within(-0.6, 0.6)
    brow_height: float = _within(0.22, 0.42)
    brow_thickness: float = _within(0.035, 0.13)
    brow_arch: float = _within(0.0, 0.12)
    brow_tilt: float = _within(-0.09, 0.09)
    brow_length: float = _within(0.44, 0.66)
    eye_distance: float = _within(0.36, 0.54)
    eye_width: float = _within(0.17, 0.27)
    eye_height: float = _within(0.06, 0.13)
    eye_tilt: float = _within(-0.06, 0.05)
    eye_shadow: float = _within(0.0, 0.6)
    nose_length: float = _within(0.4, 0.66)
    nose_width: float = _within(0.15, 0.33)
    nose_bridge: float = _within(0.0, 0.5)
    mouth_height: float = _within(0.8, 0.98)
    mouth_width: float = _within(0.28, 0.5)
    upper_lip: float = _within(0.03, 0.1)
    lower_lip: float = _within(0.05, 0.14)
    blush: float = _within(0.0, 0.4)
    beard_strength: float = _within(0.55, 0.95)
    mole_x: float = _within(-0.7, 0.7)
    mole_y: float = _within(0.25, 1.0)
    mole_size: float = _within(-0.2, 0.06)


def random_shape(rng: np.random.Generator) -> Shape:
    """Draws every number of a face between its ends."""
    return Shape(**{f.name: rng.uniform(*f.metadata["ends"]) for f in fields(Shape)})
