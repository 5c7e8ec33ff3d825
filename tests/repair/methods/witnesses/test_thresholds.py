"""Thresholds: at most the share is flagged, suspected labels first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from repair.methods.witnesses.thresholds import (
    false_positive_rate,
    label_thresholds,
    thresholds_without_images,
)


def rate(evidence: np.ndarray, answers: np.ndarray, thresholds: np.ndarray) -> float:
    return false_positive_rate(evidence - thresholds[answers], least=1) or 0.0


NONE = np.empty(0, int)
EVIDENCE = st.lists(st.floats(0, 20, width=32), min_size=1, max_size=60)


@given(EVIDENCE, st.floats(0, 0.9), st.integers(0, 10**6))
def test_at_most_the_share_is_flagged(values, share, seed):
    evidence = np.array(values)
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, 4, len(evidence))
    suspected = np.array([0, 0, 1.5, 3])
    thresholds = label_thresholds(evidence, answers, suspected, NONE, share)
    assert thresholds.dtype == np.float32
    assert rate(evidence, answers, thresholds) <= share + 1e-9
    np.testing.assert_allclose(thresholds[0] - thresholds, suspected, atol=1e-5)


def test_the_share_is_used_up():
    evidence = np.random.default_rng(0).exponential(size=10_000)
    answers = np.zeros(10_000, int)
    thresholds = label_thresholds(evidence, answers, np.zeros(2), NONE, 0.013)
    assert rate(evidence, answers, thresholds) == 0.013


def test_equal_evidence_is_not_flagged():
    evidence, answers = np.ones(50), np.zeros(50, int)
    thresholds = label_thresholds(evidence, answers, np.zeros(1), NONE, 0.1)
    assert rate(evidence, answers, thresholds) == 0
    assert false_positive_rate(evidence, least=51) is None


@given(EVIDENCE, st.floats(0, 0.9), st.integers(0, 10**6))
def test_found_labels_may_take_half_of_what_is_flagged(values, share, seed):
    evidence = np.array(values)
    answers = np.random.default_rng(seed).integers(0, 4, len(evidence))
    suspected, found = np.array([0, 0.5, 1.5, 30]), np.array([2, 3])
    alone = label_thresholds(evidence, answers, suspected, NONE, share)
    thresholds = label_thresholds(evidence, answers, suspected, found, share)
    assert rate(evidence, answers, thresholds) <= share + 1e-9
    assert np.isfinite(thresholds).all()
    assert (thresholds[:2] <= alone[:2]).all(), "the others are never worse off"
    common = thresholds + suspected
    assert (common[2:] >= common[0] - 1e-4).all(), "nor are they before the found ones"


def test_others_keep_half_beside_a_label_that_would_take_all():
    evidence = np.random.default_rng(0).exponential(size=10_000)
    answers = np.arange(10_000) % 10
    suspected = np.zeros(10)
    suspected[3] = 20
    thresholds = label_thresholds(evidence, answers, suspected, np.array([3]), 0.01)
    flagged = evidence >= thresholds[answers]
    assert flagged[answers == 3].sum() == flagged[answers != 3].sum() == 50
    alone = label_thresholds(evidence, answers, suspected, NONE, 0.01)
    assert not (evidence >= alone[answers])[answers != 3].any()


def test_of_labels_without_images_the_twins_tell_alone():
    twins = np.random.default_rng(0).exponential(size=10_000)
    suspected, found = np.array([0, 2.0, 3.0]), np.array([2])
    thresholds = thresholds_without_images(twins, 7.0, suspected, found, 0.01)
    assert 0.0098 <= np.mean(7.0 + twins >= thresholds[0]) <= 0.01
    assert thresholds[1] == thresholds[0] - 2
    assert thresholds[2] == 0, (
        "of a target whose clean images nobody has, all are flagged"
    )
