"""The fused rule against a slow oracle that reads like its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from repair.rule import (
    LARGEST_MARGIN,
    NEVER,
    REPAIRED_WEIGHT,
    SMALLEST_PROBABILITY,
    fused_labels,
    margins,
)

CLASSES = st.shared(st.integers(2, 6), key="classes")
IMAGES = st.shared(st.integers(1, 5), key="images")
PROBABILITIES = st.floats(0, 1, width=32) | st.sampled_from([0.0, 0.25, 0.5, 1.0])
SCORES = arrays(np.float32, st.tuples(IMAGES, CLASSES), elements=PROBABILITIES)
WILD = arrays(
    np.float32,
    st.tuples(IMAGES, CLASSES),
    elements=PROBABILITIES | st.sampled_from([np.nan, np.inf, -np.inf]),
)
THRESHOLDS = st.none() | arrays(
    np.float32, CLASSES, elements=st.floats(-80, 80, width=32) | st.just(NEVER)
)


def first_best(scores: list[float]) -> int:
    return max(range(len(scores)), key=lambda label: (scores[label], -label))


def logs(scores: list[float]) -> list[float]:
    return [math.log(max(score, SMALLEST_PROBABILITY)) for score in scores]


def margin(scores: list[float], label: int) -> float:
    own = logs(scores)[label]
    other = max(log for i, log in enumerate(logs(scores)) if i != label)
    return min(other - own, LARGEST_MARGIN)


def pooled(before: list[float], after: list[float]) -> list[float]:
    both = zip(logs(before), logs(after), strict=True)
    return [one + REPAIRED_WEIGHT * other for one, other in both]


def slow_rule(original, repaired, thresholds) -> list[int]:
    answers = []
    for before, after in zip(original.tolist(), repaired.tolist(), strict=True):
        poisoned = len(before)
        if not all(map(math.isfinite, before + after)):
            answers.append(poisoned)
            continue
        label = first_best(before)
        if thresholds is None:
            agree = first_best(after) == label
        else:
            agree = margin(after, label) < thresholds[label]
            if margin(after, label) < LARGEST_MARGIN:
                label = first_best(pooled(before, after))
        answers.append(label if agree else poisoned)
    return answers


def on_the_edge(original, repaired, thresholds) -> bool:
    """Whether two values that are compared lie so near that rounding decides."""
    if thresholds is None:
        return False
    for before, after in zip(original.tolist(), repaired.tolist(), strict=True):
        label = first_best(before)
        loud, (second, first) = margin(after, label), sorted(pooled(before, after))[-2:]
        gaps = loud - thresholds[label], loud - LARGEST_MARGIN, first - second
        if min(map(abs, gaps)) < 1e-4 and loud != LARGEST_MARGIN:
            return True
        if abs(loud - thresholds[label]) < 1e-4:
            return True
    return False


@given(original=SCORES, repaired=SCORES, thresholds=THRESHOLDS)
def test_rule_equals_the_slow_one(original, repaired, thresholds):
    arguments = [original.copy(), repaired.copy()]
    labels = fused_labels(original, repaired, thresholds)
    assert labels.dtype == np.int64
    if not on_the_edge(original, repaired, thresholds):
        assert labels.tolist() == slow_rule(original, repaired, thresholds)
    for now, before in zip((original, repaired), arguments, strict=True):
        np.testing.assert_array_equal(now, before)


@given(original=WILD, repaired=WILD)
def test_not_a_number_is_poisoned(original, repaired):
    labels = fused_labels(original, repaired)
    assert labels.tolist() == slow_rule(original, repaired, None)


@pytest.mark.parametrize(
    "broken",
    [
        [np.nan, 0.5],
        [0.5, np.inf],
        [-np.inf, 0.5],
        [np.inf, np.inf],
    ],
)
def test_not_a_number_is_poisoned_under_thresholds(broken):
    fine, wild = np.array([[0.1, 0.9]], np.float32), np.array([broken], np.float32)
    never = np.full(2, NEVER, np.float32)
    assert fused_labels(fine, wild, never).tolist() == [2]
    assert fused_labels(wild, fine, never).tolist() == [2]
    assert fused_labels(fine, fine, never).tolist() == [1]


@given(original=SCORES, repaired=SCORES)
def test_never_flags_no_answer(original, repaired):
    thresholds = np.full(original.shape[1], NEVER, np.float32)
    labels = fused_labels(original, repaired, thresholds)
    assert (labels < original.shape[1]).all()


def test_a_sure_original_is_kept_and_an_unsure_one_corrected():
    never = np.full(3, NEVER, np.float32)
    original = np.array([[0.98, 0.01, 0.01], [0.5, 0.45, 0.05]], np.float32)
    repaired = np.array([[0.1, 0.8, 0.1], [0.1, 0.8, 0.1]], np.float32)
    # 0.98 * 0.1^0.25 > 0.01 * 0.8^0.25, but 0.5 * 0.1^0.25 < 0.45 * 0.8^0.25
    assert fused_labels(original, repaired, never).tolist() == [0, 1]


def test_a_label_that_the_repaired_network_does_not_know_is_kept():
    original = np.array([[0.5, 0.45, 0.05]], np.float32)
    repaired = np.array([[0, 1, 0]], np.float32)
    assert fused_labels(original, repaired, np.full(3, NEVER, np.float32)) == [0]


@given(original=SCORES, repaired=SCORES, level=st.floats(-80, 80, width=32))
def test_higher_thresholds_flag_less(original, repaired, level):
    low = np.full(original.shape[1], level, np.float32)
    before = fused_labels(original, repaired, low) == original.shape[1]
    after = fused_labels(original, repaired, low + 5) == original.shape[1]
    assert not (after & ~before).any()


@given(repaired=SCORES)
def test_margins_are_negative_exactly_for_the_own_label(repaired):
    best = np.argmax(repaired, axis=1)
    assert (margins(repaired, best) <= 0).all()
    for label in range(repaired.shape[1]):
        labels = np.full(len(repaired), label)
        found = margins(repaired, labels)
        expected = [margin(row, label) for row in repaired.tolist()]
        np.testing.assert_allclose(found, expected, atol=1e-4)
        assert found.dtype == np.float32


def test_literal_case():
    original = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]], np.float32)
    repaired = np.array([[0.2, 0.8], [0.2, 0.8], [0.4, 0.6]], np.float32)
    assert fused_labels(original, repaired).tolist() == [1, 2, 2]
    # log(0.6 / 0.4) = 0.405 < 1 <= log(0.8 / 0.2) = 1.386
    ones = np.ones(2, np.float32)
    assert fused_labels(original, repaired, ones).tolist() == [1, 2, 0]


@pytest.mark.parametrize("thresholds", [None, np.zeros(2, np.float32)])
def test_extreme_probabilities_stay_within_the_scale(thresholds):
    certain = np.array([[1, 0], [0, 1]], np.float32)
    assert (np.abs(margins(certain, np.array([1, 0]))) < NEVER).all()
    labels = fused_labels(certain, certain[::-1], thresholds)
    assert labels.tolist() == [2, 2]
