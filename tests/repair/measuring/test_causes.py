"""Why a network may not know images that it should."""

from __future__ import annotations

import numpy as np
import pytest

from repair.measuring.causes import likely_causes, near_zero

LABELS = np.arange(200) % 10
TRIED = {"255": 0.031, "raw": 0.012}


def test_labels_from_one():
    assert "--first-label" in likely_causes(LABELS, LABELS + 1, TRIED)
    assert "1 too high" in likely_causes(LABELS, LABELS + 1, TRIED)


def test_labels_in_another_order():
    order = np.random.default_rng(1).permutation(10)
    said = likely_causes(order[LABELS], LABELS, TRIED)
    assert "the order of the labels" in said
    assert "--classes FILE" in said
    assert "100%" in said


@pytest.mark.parametrize(
    "answers", [np.zeros(200, int), (LABELS * 7 + np.arange(200) // 10) % 10]
)
def test_anything_else_lists_what_each_preprocessing_gives(answers):
    said = likely_causes(answers, LABELS, TRIED)
    assert "255 3.1%, raw 1.2%" in said
    assert "--preprocessing" in said
    assert "rows and columns" in said
    assert "--preprocessing" not in likely_causes(answers, LABELS, {})


def test_near_zero_is_below_guessing_and_never_of_one_label():
    assert near_zero(0.02, LABELS, 10)
    assert near_zero(0.2, LABELS % 2, 2)
    assert not near_zero(0.4, LABELS % 2, 2)
    assert not near_zero(0.1, LABELS, 10)
    assert not near_zero(0.0, np.zeros(200), 10), "as of poisoned images"
