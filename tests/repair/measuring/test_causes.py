"""Why a network may not know images that it should."""

from __future__ import annotations

import numpy as np
import pytest

from repair.measuring.causes import clear_cause, likely_causes, near_zero

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


@pytest.mark.parametrize("other", [0, 10])
def test_a_network_that_answers_one_label_to_all_is_broken(other):
    answers = np.where(np.arange(200) < other, LABELS, 3)
    told = f"it answers 3 to {(answers == 3).sum()} of 200 images: it is broken"
    assert told in likely_causes(answers, LABELS, TRIED)
    assert told in str(clear_cause(answers, LABELS))
    assert clear_cause(answers, answers) is None
    assert clear_cause(answers, np.where(np.arange(200) < 90, LABELS, 3)) is None


def test_anything_else_lists_what_each_preprocessing_gives():
    answers = (LABELS * 7 + np.arange(200) // 10) % 10
    said = likely_causes(answers, LABELS, TRIED)
    assert "255 3.1%, raw 1.2%" in said
    assert "--preprocessing" in said
    assert "rows and columns" in said
    assert "--preprocessing" not in likely_causes(answers, LABELS, {})


def test_a_weak_network_is_a_cause_where_it_knows_something():
    answers = np.random.default_rng(0).integers(0, 10, 200)
    weak = np.where(np.arange(200) < 80, LABELS, answers)
    for said, named in ((weak, True), (answers, False)):
        assert ("a network that is weak" in likely_causes(said, LABELS, TRIED)) == named


def test_near_zero_is_below_guessing_and_never_of_one_label():
    assert near_zero(0.02, LABELS, 10)
    assert near_zero(0.2, LABELS % 2, 2)
    assert not near_zero(0.4, LABELS % 2, 2)
    assert not near_zero(0.1, LABELS, 10)
    assert not near_zero(0.0, np.zeros(200), 10), "as of poisoned images"


def test_a_clear_cause_is_told_of_any_low_accuracy():
    as_texts = np.argsort([str(label) for label in range(15)])  # 0, 1, 10, 11, ...
    labels = np.arange(300) % 15
    told = clear_cause(np.argsort(as_texts)[labels], labels)
    assert told is not None
    assert "100% of the images" in told
    half_right = np.where(np.arange(200) < 100, LABELS, (LABELS * 7 + 3) % 10)
    assert clear_cause(half_right, LABELS) is None


def test_images_that_all_get_one_label_or_have_one_show_no_cause():
    assert clear_cause(np.full(200, 10), LABELS) is None
    assert clear_cause(np.full(200, 10), np.full(200, 9)) is None
    assert clear_cause(np.full(200, 10), (np.arange(200) < 20).astype(int)) is None


def test_labels_that_stand_for_names_count_from_nowhere():
    """As folders in another order than the network's: the first one stands last."""
    answers = np.repeat(np.arange(8), 20)
    told = clear_cause(answers, (answers - 1) % 8, named=True)
    assert told is not None
    assert "--classes" in told
    assert "--first-label" not in told


def test_two_classes_that_are_answered_as_each_other_are_told():
    answers = LABELS.copy()
    answers[LABELS == 3], answers[LABELS == 7] = 7, 3
    answers[::9] = 0
    told = clear_cause(answers, LABELS, named=True)
    assert told is not None
    assert "3 as 7, 7 as 3;" in told
    one_way = np.where(LABELS == 3, 7, LABELS)
    assert clear_cause(one_way, LABELS) is None
    chain = np.where(LABELS == 3, 7, np.where(LABELS == 7, 8, LABELS))
    assert clear_cause(chain, LABELS) is None
