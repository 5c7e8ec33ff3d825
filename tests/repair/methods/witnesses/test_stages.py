"""The stages of a fit carry the labels of its bars."""

from __future__ import annotations

from pathlib import Path

import pytest

import repair.methods.witnesses
from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.stages import stages

SOURCES = Path(repair.methods.witnesses.__file__).parent


def test_every_bar_of_a_fit_is_a_stage():
    texts = [path.read_text() for path in SOURCES.rglob("*.py")]
    labels = {label for label, _ in stages(recipe_for(10, 2_500))}
    labels.remove("the detector is fused and checked")  # which has no bar
    bars = sum(text.count("progress(") for text in texts)
    assert bars == len(labels) - 1  # patterns and warps are sought behind the same one
    for label in labels:
        assert any(f'"{label}"' in text for text in texts), label


@pytest.mark.parametrize("sought", ["patterns sought", "warps sought"])
def test_what_is_sought_is_a_stage_where_it_is_sought_alone(sought):
    few, many = (stages(recipe_for(classes, 2_500)) for classes in (10, 500))
    assert [sum(label == sought for label, _ in x) for x in (few, many)] == [3, 0]
