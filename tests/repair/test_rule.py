"""The fused rule against a slow oracle that reads like its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from repair.rule import AGAINST_WEIGHT, REPAIRED_WEIGHT, Rule, fused_labels
from repair.witness import (
    LARGEST_MARGIN,
    SMALLEST_PROBABILITY,
    Witness,
    certainty,
    margins,
    obedience,
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
LEVELS = st.floats(-5, 15, width=32)
KNOTS = {
    "head": ([-4.0, 0.0, 2.0, 9.0], [0.0, 0.5, 3.0, 5.0]),
    "pixels": ([-1.0, 1.0], [0.0, 2.0]),
    "unlearned": ([-2.0, 0.0, 3.0], [0.0, 1.5, 4.5]),
    "unlearned alone": ([-1.0, 2.0], [0.0, 5.0]),
    "early_twin": ([-3.0, -1.0, 1.5], [0.0, 1.0, 6.0]),
    "late_twin": ([-5.0, -2.0, 0.5], [0.0, 2.0, 4.0]),
}

NAMES = tuple(name for name in KNOTS if name != "unlearned alone")
# What the original's certainty counts.
SLOPES = {"head": 0.5, "pixels": 0.25, "unlearned": 1.5}

# What is usual of each label for the twin.
USUAL = [0.0, 0.75, -0.5, 0.0, 1.25, -2.0]


# On these a copy that unlearned them speaks, and stands in for the original.
TARGETS = (1, 4)
UNHEARD = [0.0 if label in TARGETS else 300.0 for label in range(6)]


def witness(name: str) -> Witness:
    values, told = (np.array(each, np.float32) for each in KNOTS[name])
    if not name.endswith("twin"):
        usual = np.array(UNHEARD, np.float32) if name == "unlearned" else None
        alone = None
        if name == "unlearned":
            knots = (np.array(each, np.float32) for each in KNOTS["unlearned alone"])
            alone = Witness(name, "against", *knots, usual)
        return Witness(name, "against", values, told, usual, SLOPES[name], alone)
    return Witness(name, "obeys", values, told, np.array(USUAL, np.float32))


def rule(num_classes: int, threshold: float, names=NAMES) -> Rule:
    thresholds = np.full(num_classes, threshold, np.float32)
    stand_in = names.index("unlearned") if "unlearned" in names else None
    return Rule(tuple(witness(name) for name in names), thresholds, TARGETS, stand_in)


def first_best(scores: list[float]) -> int:
    return max(range(len(scores)), key=lambda label: (scores[label], -label))


def logs(scores: list[float]) -> list[float]:
    return [math.log(max(score, SMALLEST_PROBABILITY)) for score in scores]


def margin(scores: list[float], label: int) -> float:
    own = logs(scores)[label]
    other = max(log for i, log in enumerate(logs(scores)) if i != label)
    return min(other - own, LARGEST_MARGIN)


def against(name: str, scores: list[float], label: int, before: list[float]) -> float:
    certain = min(-margin(before, label), LARGEST_MARGIN)
    beside = told(name, margin(scores, label) + SLOPES[name] * certain)
    if name != "unlearned":
        return beside
    return max(beside, told("unlearned alone", margin(scores, label)))


def sure(scores: list[float], label: int) -> float:
    others = sum(score for i, score in enumerate(scores) if i != label)
    return logs([scores[label]])[0] - logs([others])[0]


def told(name: str, value: float) -> float:
    """The evidence of a value: a line between the knots, level outside."""
    values, levels = KNOTS[name]
    if value <= values[0]:
        return levels[0]
    for left, right in zip(range(len(values)), range(1, len(values)), strict=False):
        if value <= values[right]:
            share = (value - values[left]) / (values[right] - values[left])
            return levels[left] + share * (levels[right] - levels[left])
    return levels[-1]


def pooled(
    before: list[float], after: list[float], weight: float = REPAIRED_WEIGHT
) -> list[float]:
    both = zip(logs(before), logs(after), strict=True)
    return [one + weight * other for one, other in both]


def slow_rule(original, answers, threshold) -> list[int]:
    result = []
    rows = zip(original.tolist(), *(x.tolist() for x in answers), strict=True)
    for before, *others in rows:
        poisoned = len(before)
        label = first_best(before) if all(map(math.isfinite, before)) else poisoned
        if not all(math.isfinite(x) for row in (before, *others) for x in row):
            result.append(poisoned)
            continue
        if threshold is None:
            result.append(label if first_best(others[0]) == label else poisoned)
            continue
        head, pixels, unlearned, *twins = others
        loudest = max(
            against("head", head, label, before),
            against("pixels", pixels, label, before),
        )
        if label in TARGETS:
            loudest = max(loudest, against("unlearned", unlearned, label, before))
        total = AGAINST_WEIGHT * loudest + max(
            told(name, sure(twin, label) - USUAL[label])
            for name, twin in zip(("early_twin", "late_twin"), twins, strict=True)
        )
        if abs(total - threshold) < 1e-3:
            return []  # rounding decides
        if total >= threshold:
            result.append(poisoned)
        elif margin(head, label) < LARGEST_MARGIN:
            together = pooled(before, head)
            if label in TARGETS:
                together = pooled(unlearned, head, weight=1)
            best, second = sorted(together, reverse=True)[:2]
            if best - second < 1e-4:
                return []
            result.append(first_best(together))
        else:
            result.append(label)
    return result


@given(original=SCORES, answers=st.tuples(*(SCORES for _ in NAMES)), threshold=LEVELS)
def test_rule_equals_the_slow_one(original, answers, threshold):
    arguments = [x.copy() for x in (original, *answers)]
    labels = fused_labels(original, answers, rule(original.shape[1], threshold))
    assert labels.dtype == np.int64
    expected = slow_rule(original, answers, threshold)
    if expected:
        assert labels.tolist() == expected
    for now, before in zip((original, *answers), arguments, strict=True):
        np.testing.assert_array_equal(now, before)


@given(original=WILD, repaired=WILD)
def test_plain_comparison_equals_the_slow_one(original, repaired):
    labels = fused_labels(original, [repaired])
    assert labels.tolist() == slow_rule(original, [repaired], None)


@pytest.mark.parametrize("place", range(1 + len(NAMES)))
@pytest.mark.parametrize("broken", [[np.nan, 0.5], [0.5, np.inf], [-np.inf, 0.5]])
def test_not_a_number_in_any_answer_is_poisoned(broken, place):
    fine = np.array([[0.1, 0.9]], np.float32)
    every = [fine] * (1 + len(NAMES))
    never = rule(2, 1e3)
    assert fused_labels(every[0], every[1:], never).tolist() == [1]
    every[place] = np.array([broken], np.float32)
    assert fused_labels(every[0], every[1:], never).tolist() == [2]


def test_a_sure_original_is_kept_and_an_unsure_one_corrected():
    original = np.array([[0.98, 0.01, 0.01], [0.5, 0.45, 0.05]], np.float32)
    repaired = np.array([[0.1, 0.8, 0.1], [0.1, 0.8, 0.1]], np.float32)
    # 0.98 * 0.1^0.25 > 0.01 * 0.8^0.25, but 0.5 * 0.1^0.25 < 0.45 * 0.8^0.25
    never = rule(3, 1e3, ("head",))
    assert fused_labels(original, [repaired], never).tolist() == [0, 1]


def test_on_a_target_the_copy_that_unlearned_it_stands_in_for_the_original():
    sure = np.array([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01]], np.float32)
    unlearned = np.array([[0.01, 0.01, 0.98]] * 2, np.float32)
    repaired = np.array([[0.3, 0.3, 0.4]] * 2, np.float32)
    never = rule(3, 1e3, ("head", "unlearned"))
    assert fused_labels(sure, [repaired, unlearned], never).tolist() == [0, 2]


def test_a_label_that_the_repaired_network_does_not_know_is_kept():
    original = np.array([[0.5, 0.45, 0.05]], np.float32)
    repaired = np.array([[0, 1, 0]], np.float32)
    assert fused_labels(original, [repaired], rule(3, 1e3, ("head",))) == [0]


@given(original=SCORES, answers=st.tuples(*(SCORES for _ in NAMES)), level=LEVELS)
def test_higher_thresholds_flag_less(original, answers, level):
    num_classes = original.shape[1]
    low, high = (
        fused_labels(original, answers, rule(num_classes, x)) == num_classes
        for x in (level, level + 2)
    )
    assert not (high & ~low).any()


def test_of_heads_and_of_twins_the_loudest_counts_and_both_add():
    original = np.array([[0.9, 0.1]], np.float32)
    loud, quiet = (np.array([[x, 1 - x]], np.float32) for x in (0.1, 0.9))
    sure, unsure = quiet, loud  # log(9) = 2.2 is all that each table knows, or nothing
    # The pixels' most is 2, the head's is 3 and a little at 1.5 * log 9.
    for head, pixels, most in ((loud, quiet, 3.37), (quiet, loud, 2.0)):
        for early, late, obeys in (
            (sure, unsure, 6),
            (unsure, sure, 4),
            (sure, sure, 6),
        ):
            for nearly, label in ((0.1, 0), (-0.1, 2)):
                every = [head, pixels, quiet, early, late]
                level = AGAINST_WEIGHT * most + obeys + nearly
                found = fused_labels(original, every, rule(2, level))
                assert found == [label]


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


@given(original=SCORES)
def test_certainty_is_the_margin_of_the_own_label(original):
    found = certainty(original)
    rows = original.tolist()
    expected = [min(-margin(x, first_best(x)), LARGEST_MARGIN) for x in rows]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert found.dtype == np.float32


def test_the_surer_the_original_the_more_a_contradiction_tells():
    sure = np.array([[0.98, 0.02], [0.6, 0.4]], np.float32)
    head = np.array([[0.4, 0.6]] * 2, np.float32)
    # log(1.5) and half of log(49), or half of log(1.5), at 1.25 a unit.
    assert fused_labels(sure, [head], rule(2, 3.75, ("head",))).tolist() == [2, 0]


@given(twin=SCORES)
def test_obedience_is_the_log_odds(twin):
    labels = np.zeros(len(twin), np.int64)
    expected = [sure(row, 0) for row in twin.tolist()]
    np.testing.assert_allclose(obedience(twin, labels), expected, rtol=1e-3, atol=1e-3)


def test_literal_case_of_plain_comparison():
    original = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]], np.float32)
    repaired = np.array([[0.2, 0.8], [0.2, 0.8], [0.4, 0.6]], np.float32)
    assert fused_labels(original, [repaired]).tolist() == [1, 2, 2]
