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

LABELS = np.arange(40) % 4
CLEAN = Dataset(np.zeros((40, 2, 2, 3), np.uint8), LABELS)
SAME = ColourFilter(np.float32([*np.eye(3), [0, 0, 0]]), Led(1.0, 2.0))
FAINT = Pattern(np.zeros((2, 2, 3)), np.zeros((2, 2, 3)), Led(1.0, 3.0))


def witnesses(heads_say: float, twin_says: float) -> dict[str, Any]:
    """Of a third of the images the heads say nothing."""

    def of(_: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(labels)) % 3 == 0, 0.0, heads_say)

    features = {"head": np.zeros((30, 1), np.float32)}
    return {
        "observer": lambda _: SimpleNamespace(features=features),
        "heads": {"head": SimpleNamespace(of=of)},
        "twin": SimpleNamespace(
            obedience=lambda images, _: np.zeros((len(images), 2), np.float32),
            of=lambda said, _: np.full(len(said), twin_says),
        ),
    }


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
    told = contradicted(
        Sought({2: FAINT}, {2: SAME}),
        clean=CLEAN,
        seen=SimpleNamespace(answers=LABELS, labels=LABELS, num_classes=4),
        suspected=np.full(4, suspected),
        limit=5.0,
        recipe=recipe_for(4, 40),
        **witnesses(*said),
    )
    assert told.filters[2].led.strength == pytest.approx(strength)
    assert told.filters[2].led.worked == 1
    assert told.patterns[2].led.strength == 3


def test_of_a_label_without_images_the_heads_know_nothing():
    seen = SimpleNamespace(answers=LABELS, labels=LABELS % 2, num_classes=4)
    told = contradicted(
        Sought({}, {2: SAME}),
        clean=CLEAN,
        seen=seen,
        suspected=np.full(4, 9.0),
        limit=5.0,
        recipe=recipe_for(4, 40),
        **witnesses(9.0, 1.0),
    )
    assert told.filters[2].led.strength == 0
