"""Rates against counting by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repair.metrics import (
    attack_success_rate,
    clean_accuracy,
    detection_rate,
    false_positive_rate,
    highest_likely,
    with_range,
)

N = 5
PAIRS = st.lists(st.tuples(st.integers(0, N), st.integers(0, N - 1)), min_size=1)


@given(pairs=PAIRS)
def test_rates_are_counted_shares(pairs):
    answers, labels = np.array(pairs).T
    same = sum(answer == label for answer, label in pairs) / len(pairs)
    flagged = sum(answer == N for answer, _ in pairs) / len(pairs)
    assert clean_accuracy(answers, labels) == pytest.approx(same)
    assert attack_success_rate(answers, labels) == pytest.approx(same)
    assert false_positive_rate(answers, N) == pytest.approx(flagged)
    assert detection_rate(answers, N) == pytest.approx(flagged)
    assert clean_accuracy(answers, labels) + false_positive_rate(answers, N) <= 1 + 1e-9
    assert isinstance(clean_accuracy(answers, labels), float)


def test_literal_table():
    answers, labels = np.array([0, 1, N, 2]), np.array([0, 2, 1, 2])
    assert clean_accuracy(answers, labels) == 0.5
    assert false_positive_rate(answers, N) == 0.25
    assert clean_accuracy(answers.astype(np.uint16), labels.astype(np.int32)) == 0.5


def test_no_image_gives_nan_without_a_warning():
    none = np.array([], int)
    assert math.isnan(clean_accuracy(none, none))
    assert math.isnan(detection_rate(none, N))


@given(count=st.integers(1, 400), share=st.floats(0, 1))
def test_few_hits_are_no_surprise_up_to_the_bound(count, share):
    hits = int(share * count)
    rate = highest_likely(hits, count)
    assert hits / count < rate <= 1 or hits == count
    fewer = [
        math.comb(count, x) * rate**x * (1 - rate) ** (count - x)
        for x in range(hits + 1)
    ]
    assert math.fsum(fewer) == pytest.approx(0.025 if hits < count else 1)


def test_a_rate_of_few_images_has_a_range():
    assert with_range(2 / 300, 300) == "0.7% (2 of 300; up to 2.4%)"
    assert highest_likely(0, 100) == pytest.approx(1 - 0.025**0.01)
    assert highest_likely(94, 11_547) == pytest.approx(0.00995, abs=1e-5)
