"""The layers against the rule in NumPy, which has an oracle of its own."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from build.fusing.agreement import Agreement, Evidence, certainty, together
from repair.rule import Rule, fused_labels
from repair.witness import SMALLEST_PROBABILITY, Witness, said
from repair.witness import certainty as certainty_by_rule
from repair.witness import told as told_by_rule


def logs(probabilities: np.ndarray) -> np.ndarray:
    """Scores whose softmax they are, but for what is too small."""
    return np.log(np.maximum(probabilities, np.float32(SMALLEST_PROBABILITY)))


def random_probabilities(seed: int, images: int, classes: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.full(classes, 0.3), images).astype(np.float32)
    scores = np.maximum(scores, np.float32(1e-20))
    return scores / scores.sum(axis=1, keepdims=True)


def witness(seed: int, speaks: str = "against", usual: int | None = None) -> Witness:
    rng = np.random.default_rng(seed)
    values = np.sort(rng.normal(0, 4, 7)).astype(np.float32)
    told = np.sort(rng.uniform(0, 8, 7)).astype(np.float32)
    of_labels = None
    if usual is not None:
        of_labels = rng.normal(0, 2, usual).astype(np.float32)
    slope = 0.7 * (seed % 3) if speaks == "against" else 0.0
    alone = witness(seed + 3, speaks, usual) if seed % 4 == 1 else None
    return Witness(f"w{seed}", speaks, values, told, of_labels, slope, alone)


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 7))
def test_plain_comparison_equals_the_rule(seed, classes):
    one, other = (random_probabilities(seed + i, 50, classes) for i in range(2))
    labels = np.asarray(Agreement()([logs(one), logs(other)]))
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, fused_labels(one, [other]))


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 7))
@pytest.mark.parametrize("speaks", ["against", "obeys"])
def test_evidence_equals_the_rule(speaks, seed, classes):
    original, scores = (random_probabilities(seed + i, 50, classes) for i in range(2))
    labels = original.argmax(axis=1)
    one = witness(seed, speaks, classes if seed % 2 else None)
    certain = certainty(logs(original), labels)
    told = np.asarray(Evidence(one)(logs(scores), labels, certain))
    sure = certainty_by_rule(original)
    expected = told_by_rule(one, said(one, scores, labels), labels, sure)
    np.testing.assert_allclose(told, expected, atol=2e-3)


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 7))
@pytest.mark.parametrize("stand_in", [None, 1, 2])
def test_thresholds_equal_the_rule(stand_in, seed, classes):
    rng = np.random.default_rng(seed)
    every = [random_probabilities(seed + i, 50, classes) for i in range(5)]
    heard = (
        witness(seed),
        witness(seed + 1),
        witness(seed + 2, "obeys", classes),
        witness(seed + 3, "obeys", classes),
    )
    thresholds = rng.normal(6, 3, classes).astype(np.float32)
    targets = () if stand_in is None else (0, classes - 1)
    rule = Rule(heard, thresholds, targets, stand_in)
    labels = every[0].argmax(axis=1)
    answers = [logs(x) for x in every]
    pairs = zip(heard, answers[1:], strict=True)
    certain = certainty(answers[0], labels)
    total = together(rule, [Evidence(w)(x, labels, certain) for w, x in pairs])
    answer = None if stand_in is None else stand_in + 1
    found = np.asarray(Agreement(thresholds, targets, answer)(answers, total))
    near = np.abs(np.asarray(total) - rule.thresholds[labels]) < 5e-3
    expected = fused_labels(every[0], every[1:], rule)
    np.testing.assert_array_equal(found[~near], expected[~near])


@pytest.mark.parametrize("thresholds", [None, [0.0] * 3, [9.0] * 3, [-9.0] * 3])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", range(9))
def test_one_broken_number_is_poisoned(thresholds, value, place):
    scores = np.full((2, 3), 1 / 3, np.float32)
    scores[:, 1] = 0.5
    every = [scores.copy() for _ in range(3)]
    every[place % 3][0, place // 3] = value
    flagged = np.asarray(Agreement(thresholds)(every, np.full(2, -1.0, np.float32)))
    assert flagged[0] == 3
    assert flagged[1] == (3 if thresholds == [-9.0] * 3 else 1)


def test_thresholds_belong_to_the_originals_label():
    original = np.array([[0.9, 0.1], [0.1, 0.9]], np.float32)
    layer = Agreement([3.0, 2.0])
    told = np.array([2.5, 2.5], np.float32)
    assert np.asarray(layer([logs(original)] * 2, told)).tolist() == [0, 2]


def test_large_scores_are_not_taken_for_infinite():
    scores = np.full((1, 3), 3e38, np.float32)
    assert np.asarray(Agreement()([scores, scores])).tolist() == [0]


@pytest.mark.parametrize(
    "arguments", [(), ([0.5, -1.25, 100.0],), ([0.5, -1.25, 100.0], (2,), 3)]
)
def test_config_round_trip(arguments):
    layer = Agreement(*arguments, name="agreement")
    again = Agreement.from_config(layer.get_config())
    assert again.name == "agreement"
    assert again.get_config() == layer.get_config()
    assert keras.saving.get_registered_name(Agreement) == "badnet_repair>Agreement"


def test_config_of_evidence_round_trip():
    layer = Evidence(witness(5, usual=5), name="head_evidence")
    again = Evidence.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    scores, labels = logs(random_probabilities(0, 9, 5)), np.zeros(9, np.int64)
    sure = np.linspace(0, 9, 9, dtype=np.float32)
    told = layer(scores, labels, sure)
    np.testing.assert_array_equal(told, again(scores, labels, sure))
    assert not np.array_equal(told, layer(scores, labels, 0 * sure))


def test_label_is_announced_as_int64_and_evidence_as_float32():
    one, other = keras.Input((4,)), keras.Input((4,))
    label = Agreement()([one, other])
    assert (label.shape, label.dtype) == ((None,), "int64")
    told = Evidence(witness(0))(one, label, keras.Input(()))
    assert (told.shape, told.dtype) == ((None,), "float32")
    assert not Agreement().trainable


@pytest.mark.parametrize("thresholds", [[[1.0]], 1.0, [np.nan, 1.0]])
def test_wrong_thresholds_are_refused(thresholds):
    with pytest.raises(ValueError, match=r"one threshold per label.*Received"):
        Agreement(thresholds)


def test_thresholds_of_another_length_are_refused():
    scores = np.full((2, 3), 1 / 3, np.float32)
    with pytest.raises(ValueError, match="threshold"):
        Agreement([1.0, 2.0])([scores, scores], np.zeros(2, np.float32))
