"""A faint pattern that leads images of any class to a label, sought for every label.

A pattern may be anywhere: a small sticker weighs as much as a faint one all over the image.

References:
    Moosavi-Dezfooli et al., *Universal Adversarial Perturbations*, arXiv:1610.08401.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from repair.dataset import Dataset
from repair.methods.witnesses.suspicion.ascent import Ascent
from repair.methods.witnesses.suspicion.leading import Leading, Led
from repair.process.progress import progress


@dataclass(frozen=True)
class Pattern:
    """A pattern that was sought for a label.

    Attributes:
        change: ``(rows, columns, channels)`` float32, what is added to pixels of 0..255.
        slope: The same shape, the steps that led there.
        led: What it does to images of other classes.
    """

    change: np.ndarray
    slope: np.ndarray
    led: Led = field(default_factory=Led)

    def applied(self, images: np.ndarray) -> np.ndarray:
        """Images with it, ``(n, rows, columns, channels)`` float32, 0..255."""
        return np.asarray(np.clip(images + self.change, 0, 255))


def seek_patterns(
    leading: Leading,
    clean: Dataset,
    answers: np.ndarray,
    draws: np.ndarray,
    generator: np.random.Generator,
) -> dict[int, Pattern]:
    """Seeks a pattern for every label, ever longer for those that are easier to reach.

    Args:
        leading: How surely images are led.
        clean: Clean images.
        answers: ``(n,)`` int64, the BadNet's labels for them.
        draws: ``(N,)``, how many disturbed images each label draws; of very many labels,
            those that draw most are tried.
        generator: Source of all randomness.

    Returns:
        By label, of those that were tried.
    """
    recipe = leading.recipe
    if not recipe.sought:
        return {}
    ascent = Ascent(leading.network, clean.images, recipe, generator)
    heard = generator.permutation(len(clean))[: recipe.watched]
    nothing = np.zeros(clean.images.shape[1:], np.float32)
    found: dict[int, Pattern] = {}
    order = np.argsort(-draws, kind="stable")
    for count, steps in zip(recipe.sought, recipe.sought_steps, strict=False):
        for label in progress(order[:count].tolist(), label="patterns sought"):
            last = found.get(label, Pattern(nothing, nothing))
            change, slope = ascent(last.change, last.slope, label, steps)
            others = heard[answers[heard] != label]
            if not len(others):
                continue
            pattern = Pattern(change, slope)
            led = leading(pattern.applied(clean.images[others]), label)
            found[label] = replace(pattern, led=led)
        order = np.array(sorted(found, key=lambda x: (-found[x].led.strength, x)))
    apart = leading.apart({label: each.led for label, each in found.items()})
    return {label: replace(found[label], led=led) for label, led in apart.items()}
