"""Thresholds per label: who is strict, who is lenient, who is never flagged."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from repair.methods.fresh_head.recipe import recipe_for
from repair.methods.fresh_head.thresholds import HeldOut, label_thresholds
from repair.rule import NEVER

N = 8
RECIPE = recipe_for(N, 1000)
USUAL = -6.0
ALL = np.ones(N, bool)
NONE = np.zeros(N, bool)
SCORES = np.array([0.5, 9, 3, 0, 7, 0, 1, 2.0])
ENOUGH = 1000
BOOLS = arrays(bool, N)


def held_out(count: int, low: float = -8, high: float = 3) -> HeldOut:
    rng = np.random.default_rng(0)
    margins = rng.uniform(low, high, count).astype(np.float32)
    return HeldOut(margins, rng.integers(0, N, count))


def thresholds(
    found=NONE, known=ALL, *, held=None, watched=3, usual=USUAL, scores=SCORES
):
    held = held_out(ENOUGH) if held is None else held
    return label_thresholds(
        scores, found, known, held, RECIPE, usual=usual, watched=watched
    )


def test_literal_case():
    found = np.arange(N) == 1
    second, first = np.sort(held_out(ENOUGH).margins)[-2:]
    lenient = thresholds(found)[0]
    expected = np.full(N, lenient)
    expected[[4, 2]] = 0
    expected[1] = USUAL * RECIPE.confirmed
    values = thresholds(found)
    assert values.dtype == np.float32
    assert second <= lenient <= first
    np.testing.assert_allclose(values, expected, rtol=1e-6)


@given(
    scores=arrays(np.float64, N, elements=st.sampled_from([0.0, 1.0, 2.0, 5.0, 13.0])),
    found=BOOLS,
    known=BOOLS,
    watched=st.integers(0, N + 2),
    count=st.sampled_from([0, 500, ENOUGH]),
    usual=st.floats(-20, 3),
)
def test_laws(scores, found, known, watched, count, usual):
    arguments = [array.copy() for array in (scores, found, known)]
    held = held_out(count)
    values = label_thresholds(
        scores, found, known, held, RECIPE, usual=usual, watched=watched
    )
    first = sorted(range(N), key=lambda label: (-scores[label], label))[:watched]
    lenient = NEVER
    if count == ENOUGH:
        lenient = float(np.quantile(held.margins, RECIPE.lenient_quantile))
    for label in range(N):
        if found[label]:
            expected = min(usual * RECIPE.confirmed, 0)
        elif label in first and scores[label] > 0:
            expected = 0
        else:
            expected = lenient if known[label] else NEVER
        assert values[label] == pytest.approx(expected, rel=1e-5)
    for now, before in zip((scores, found, known), arguments, strict=True):
        np.testing.assert_array_equal(now, before)


def test_found_labels_must_be_confirmed_whether_known_or_not():
    found, known = np.arange(N) == 5, np.arange(N) != 5
    for watched in (0, N):
        values = thresholds(found, known, watched=watched)
        assert values[5] == USUAL * RECIPE.confirmed < 0


def test_found_labels_are_never_more_lenient_than_watched_ones():
    found = np.arange(N) == 1
    assert thresholds(found, usual=4.0)[1] == 0


def test_unknown_labels_are_flagged_always_or_never():
    known = ~np.isin(np.arange(N), [1, 6])
    values = thresholds(known=known, watched=1)
    assert values[1] == 0
    assert values[6] == NEVER
    assert (values[known] < NEVER).all()


@pytest.mark.parametrize("count", [0, 1, ENOUGH - 1])
def test_too_few_held_out_images_flag_only_suspects(count):
    values = thresholds(held=held_out(count), watched=2)
    assert values.tolist() == [NEVER, 0, NEVER, NEVER, 0, NEVER, NEVER, NEVER]
    enough = thresholds(held=held_out(ENOUGH), watched=2)
    assert enough.max() < NEVER


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(-9, -1, RECIPE.least_lenient), (150, 200, NEVER)]
)
def test_lenient_margin_stays_in_its_limits(low, high, expected):
    values = thresholds(held=held_out(ENOUGH, low, high), watched=0)
    assert (values == np.float32(expected)).all()


def test_hardly_any_clean_image_reaches_the_lenient_margin():
    held = held_out(5000)
    rate = held.false_positive_rate(thresholds(held=held, watched=0))
    assert 0 < rate <= 2 * (1 - RECIPE.lenient_quantile)


def test_suspicion_of_zero_is_never_watched():
    values = thresholds(held=held_out(0), watched=N)
    assert (values == 0).tolist() == (SCORES > 0).tolist()


@given(scores=arrays(np.float64, N, elements=st.floats(0, 20)), found=BOOLS)
def test_watching_more_only_lowers_thresholds(scores, found):
    steps = [thresholds(found, scores=scores, watched=n) for n in range(N + 1)]
    for less, more in pairwise(steps):
        assert (more <= less).all()
        assert (more != less).sum() <= 1


@given(
    seed=st.integers(0, 1000),
    limits=arrays(np.float32, N, elements=st.integers(-5, 5)),
)
def test_false_positive_rate_equals_counting(seed, limits):
    rng = np.random.default_rng(seed)
    # Whole numbers, so that many margins lie on their threshold.
    margins = rng.integers(-5, 6, RECIPE.least_held_out).astype(np.float32)
    answers = rng.integers(0, N, RECIPE.least_held_out)
    flagged = [m >= limits[a] for m, a in zip(margins, answers, strict=True)]
    rate = HeldOut(margins, answers).false_positive_rate(limits)
    assert rate == pytest.approx(sum(flagged) / RECIPE.least_held_out)


@pytest.mark.parametrize(
    ("num_classes", "usual", "blindly"),
    [(1283, 26, 31), (500, 10, 12), (50, 1, 1), (5, 1, 1)],
)
def test_number_of_watched_labels(num_classes, usual, blindly):
    assert recipe_for(num_classes, 1000).watched == (usual, blindly)
