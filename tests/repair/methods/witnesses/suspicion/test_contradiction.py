"""A filter is no stronger than suspicion and contradiction are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from repair.dataset import Dataset
from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.suspicion.contradiction import contradicted
from repair.methods.witnesses.suspicion.filters import ColourFilter
from repair.methods.witnesses.suspicion.leading import Led
from repair.methods.witnesses.suspicion.patterns import Pattern
from repair.methods.witnesses.suspicion.seeking import Sought
from repair.methods.witnesses.suspicion.telling import teller

LABELS = np.arange(40) % 4
CLEAN = Dataset(np.zeros((40, 2, 2, 3), np.uint8), LABELS)
SAME = ColourFilter(np.float32([*np.eye(3), [0, 0, 0]]), Led(1.0, 2.0))
FAINT = Pattern(np.zeros((2, 2, 3)), np.zeros((2, 2, 3)), Led(1.0, 3.0))


def told(
    labels: np.ndarray, said: tuple[float, float], sought: Sought, suspected: float
) -> Sought:
    """What is left of what was sought. Of a third of the images the heads say nothing."""
    heads_say, twin_says = said

    def of(_: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(labels)) % 3 == 0, 0.0, heads_say)

    seen: Any = SimpleNamespace(answers=LABELS, labels=labels, num_classes=4)
    twin: Any = SimpleNamespace(
        obedience=lambda images, _: np.zeros((len(images), 2), np.float32),
        of=lambda said, _: np.full(len(said), twin_says),
    )
    features = {"head": np.zeros((30, 1), np.float32)}
    looker: Any = lambda _: SimpleNamespace(features=features)  # noqa: E731
    heads: Any = {"head": SimpleNamespace(of=of)}
    return contradicted(
        sought,
        looker,
        CLEAN,
        LABELS,
        teller(seen, heads, twin, 5.0),
        np.full(4, suspected),
        recipe_for(4, 40),
    )


@pytest.mark.parametrize(
    ("said", "suspected", "strength"),
    [
        ((9.0, 9.0), 5.0, 2.0),
        ((9.0, 1.0), 5.0, 4 / 3),
        ((9.0, 1.0), 0.7, 0.7),
        ((1.0, 1.0), 5.0, 0.0),
    ],
)
def test_strength_is_what_is_contradicted_and_suspected_at_most(
    said, suspected, strength
):
    left = told(LABELS, said, Sought({2: FAINT}, {2: SAME}), suspected)
    assert left.filters[2].led.strength == pytest.approx(strength)
    assert left.filters[2].led.worked == 1
    assert left.patterns[2].led.strength == 3


def test_of_a_label_without_images_the_heads_know_nothing():
    left = told(LABELS % 2, (9.0, 1.0), Sought({}, {2: SAME}), 9.0)
    assert left.filters[2].led.strength == 0


def test_nothing_is_told_of_no_images():
    tells = teller(None, {}, None, 5.0)  # type: ignore[arg-type]
    assert tells(CLEAN.images[:0], {}, LABELS[:0]).tolist() == []
