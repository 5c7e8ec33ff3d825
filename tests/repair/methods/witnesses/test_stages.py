"""The stages of a fit carry the labels of its bars."""

from __future__ import annotations

from pathlib import Path

import repair.methods.witnesses
from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.stages import stages

SOURCES = Path(repair.methods.witnesses.__file__).parent


def test_every_bar_of_a_fit_is_a_stage():
    texts = [path.read_text() for path in SOURCES.rglob("*.py")]
    labels = {label for label, _ in stages(recipe_for(10, 2_500))}
    labels.remove("the detector is fused and checked")  # which has no bar
    bars = sum(text.count("progress(") for text in texts)
    assert bars == len(labels)
    for label in labels:
        assert any(f'label="{label}"' in text for text in texts), label


def test_patterns_are_a_stage_where_they_are_sought_alone():
    few, many = (stages(recipe_for(classes, 2_500)) for classes in (10, 500))
    sought = [sum(label == "patterns sought" for label, _ in x) for x in (few, many)]
    assert sought == [3, 0]
