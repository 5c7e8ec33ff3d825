"""A warp that leads images of any class to a label, sought for every label.

Pixels are moved a little, smoothly over the image, and nothing is drawn. No pattern that is
added to an image, and no disturbance, resembles such a trigger.

References:
    Nguyen and Tran, *WaNet - Imperceptible Warping-based Backdoor Attack*, arXiv:2102.10369.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.methods.witnesses.suspicion.change import Change, seek_in_rounds
from repair.methods.witnesses.suspicion.leading import Leading

# The field is given at so many places a side, and smooth between them.
_KNOTS = 5


@dataclass(frozen=True)
class Warp(Change):
    """A warp: ``(2, knots, knots)``, by how many pixels those are moved, down and right."""

    sought: ClassVar[str] = "warps sought"

    @staticmethod
    def made(images: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
        """Images of which each pixel shows what lies where the warp points, bilinear."""
        _, rows, columns, _ = images.shape
        knots = tf.transpose(change, (1, 2, 0))
        field = tf.image.resize(knots, (rows, columns), "bicubic")
        return _seen_at(images, *tf.unstack(field, axis=2))


def seek_warps(
    leading: Leading,
    clean: Dataset,
    answers: np.ndarray,
    draws: np.ndarray,
    generator: np.random.Generator,
) -> dict[int, Warp]:
    """Seeks a warp for every label; see ``change.seek_in_rounds``."""
    nothing = np.zeros((2, _KNOTS, _KNOTS), np.float32)
    moved = leading.recipe.moved * min(clean.images.shape[1:3])
    most = moved * float(np.sqrt(nothing.size))
    given = leading, clean, answers, draws, generator
    found = seek_in_rounds(Warp, nothing, most, *given)
    return {label: _as_surely(one, leading) for label, one in found.items()}


def _as_surely(one: Warp, leading: Leading) -> Warp:
    """The same, its strength as a multiple of what a warp must have."""
    strength = one.led.strength / leading.recipe.moved_surely
    return replace(one, led=replace(one.led, strength=strength))


def _seen_at(images: tf.Tensor, down: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """What lies so far down and right of each pixel, ``(rows, columns)`` each, float32."""
    _, rows, columns, channels = images.shape
    y = tf.clip_by_value(np.arange(rows, dtype="f4")[:, None] + down, 0, rows - 1)
    x = tf.clip_by_value(np.arange(columns, dtype="f4") + right, 0, columns - 1)
    above, left = tf.floor(y), tf.floor(x)
    lower, further = (y - above)[..., None], (x - left)[..., None]
    above, left = tf.cast(above, tf.int32), tf.cast(left, tf.int32)
    below, behind = tf.minimum(above + 1, rows - 1), tf.minimum(left + 1, columns - 1)
    pixels = tf.reshape(images, (-1, rows * columns, channels))

    def at(row: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
        return tf.gather(pixels, row * columns + column, axis=1)

    top = at(above, left) * (1 - further) + at(above, behind) * further
    bottom = at(below, left) * (1 - further) + at(below, behind) * further
    return top * (1 - lower) + bottom * lower
