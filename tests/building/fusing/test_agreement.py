"""The layer against the rule in NumPy, which has an oracle of its own."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.fusing.agreement import Agreement
from repair.rule import LARGEST_MARGIN, NEVER, SMALLEST_PROBABILITY, fused_labels


def logs(probabilities: np.ndarray) -> np.ndarray:
    """Scores whose softmax they are."""
    return np.log(np.maximum(probabilities, np.float32(SMALLEST_PROBABILITY)))


def random_probabilities(seed: int, images: int, people: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.full(people, 0.3), images).astype(np.float32)
    scores[rng.random(scores.shape) < 0.1] = 0
    return scores


@given(seed=st.integers(0, 10**6), people=st.integers(2, 7))
def test_plain_comparison_equals_the_rule(seed, people):
    one, other = (random_probabilities(seed + i, 50, people) for i in range(2))
    labels = np.asarray(Agreement()(logs(one), logs(other)))
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, fused_labels(one, other))


@given(seed=st.integers(0, 10**6), people=st.integers(2, 7))
def test_thresholds_equal_the_rule(seed, people):
    rng = np.random.default_rng(seed)
    one, other = (random_probabilities(seed + i, 50, people) for i in range(2))
    thresholds = rng.normal(0, 3, people).astype(np.float32)
    thresholds[rng.random(people) < 0.3] = NEVER
    labels = np.asarray(Agreement(thresholds)(logs(one), logs(other)))
    np.testing.assert_array_equal(labels, fused_labels(one, other, thresholds))


@pytest.mark.parametrize("thresholds", [None, [0.0] * 3, [NEVER] * 3, [-NEVER] * 3])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", range(6))
def test_one_broken_number_is_poisoned(thresholds, value, place):
    scores = np.full((2, 3), 1 / 3, np.float32)
    scores[:, 1] = 0.5
    both = [scores.copy(), scores.copy()]
    both[place % 2][0, place // 2] = value
    flagged = np.asarray(Agreement(thresholds)(*both))
    assert flagged[0] == 3
    assert flagged[1] == (3 if thresholds == [-NEVER] * 3 else 1)


def test_thresholds_belong_to_the_originals_label():
    original = np.array([[0.9, 0.1], [0.1, 0.9]], np.float32)
    repaired = original[::-1].copy()  # margins log(9) = 2.2
    layer = Agreement([3.0, 2.0])
    assert np.asarray(layer(logs(original), logs(repaired))).tolist() == [0, 2]


def test_the_loudest_margin_stays_below_never():
    assert 50 <= LARGEST_MARGIN <= -np.log(SMALLEST_PROBABILITY) < NEVER
    scores = np.array([[0, -1e9, 1]], np.float32)
    other = np.array([[1e9, 0, -1e9]], np.float32)
    assert np.asarray(Agreement([NEVER] * 3)(scores, other)).tolist() == [2]


def test_large_scores_are_not_taken_for_infinite():
    scores = np.full((1, 3), 3e38, np.float32)
    assert np.asarray(Agreement()(scores, scores)).tolist() == [0]


@pytest.mark.parametrize("thresholds", [None, [0.5, -1.25, 100.0]])
def test_config_round_trip(thresholds):
    layer = Agreement(thresholds, name="agreement")
    again = Agreement.from_config(layer.get_config())
    assert again.name == "agreement"
    assert again.get_config() == layer.get_config()
    one, other = random_probabilities(0, 200, 3), random_probabilities(1, 200, 3)
    np.testing.assert_array_equal(layer(one, other), again(one, other))
    assert keras.saving.get_registered_name(Agreement) == "badnet_repair>Agreement"


def test_label_is_announced_as_int64():
    one, other = keras.Input((4,)), keras.Input((4,))
    label = Agreement()(one, other)
    assert label.shape == (None,)
    assert label.dtype == "int64"
    assert not Agreement().trainable


@pytest.mark.parametrize("thresholds", [[[1.0]], 1.0, [np.nan, 1.0]])
def test_wrong_thresholds_are_refused(thresholds):
    with pytest.raises(ValueError, match=r"one threshold per label.*Received"):
        Agreement(thresholds)


def test_thresholds_of_another_length_are_refused():
    scores = np.full((2, 3), 1 / 3, np.float32)
    with pytest.raises(ValueError, match="threshold"):
        Agreement([1.0, 2.0])(scores, scores)
