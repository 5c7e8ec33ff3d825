"""A faint pattern that leads images of any class to a label, sought for every label.

A pattern may be anywhere: a small sticker weighs as much as a faint one all over the image.

References:
    Moosavi-Dezfooli et al., *Universal Adversarial Perturbations*, arXiv:1610.08401.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from repair.dataset import Dataset
from repair.methods.witnesses.suspicion.change import Change, seek_in_rounds
from repair.methods.witnesses.suspicion.leading import Leading


@dataclass(frozen=True)
class Pattern(Change):
    """A pattern: ``(rows, columns, channels)``, what is added to pixels of 0..255."""

    sought: ClassVar[str] = "patterns sought"

    @staticmethod
    def made(images: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
        """Images with a pattern, float32, 0..255."""
        return tf.clip_by_value(images + change, 0, 255)


def seek_patterns(
    leading: Leading,
    clean: Dataset,
    answers: np.ndarray,
    draws: np.ndarray,
    generator: np.random.Generator,
) -> dict[int, Pattern]:
    """Seeks a pattern for every label; see ``change.seek_in_rounds``."""
    nothing = np.zeros(clean.images.shape[1:], np.float32)
    most = leading.recipe.faint * float(np.sqrt(nothing.size))
    given = leading, clean, answers, draws, generator
    return seek_in_rounds(Pattern, nothing, most, *given)
