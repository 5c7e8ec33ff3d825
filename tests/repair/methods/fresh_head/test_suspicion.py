"""Suspicion against a slow oracle, and a planted target among favourites."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from repair.methods.fresh_head.recipe import Recipe, recipe_for
from repair.methods.fresh_head.suspicion import by_label, recognised, strayed

FAMILIES = 6
RULED_OUT = 0.2


@st.composite
def answers(draw):
    """Labels, weights and families of images, and N."""
    num_classes, count = draw(st.integers(1, 7)), draw(st.integers(0, 30))
    labels = draw(arrays(np.int64, count, elements=st.integers(0, num_classes - 1)))
    shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    weights = draw(arrays(np.float32, count, elements=shares))
    families = draw(arrays(np.int64, count, elements=st.integers(0, 3)))
    return labels, weights, families, num_classes


def slow_suspicion(labels, weights, families, num_classes) -> list[float]:
    total = [0.0] * num_classes
    for family in set(families.tolist()):
        sums = [0.0] * num_classes
        for label, weight, own in zip(labels, weights, families, strict=True):
            if own == family:
                sums[label] += float(weight)
        rank = 2
        measure = sorted(sums, reverse=True)[:rank][-1]
        for label in range(num_classes):
            total[label] += sums[label] / max(measure, 1)
    return total


@given(seen=answers())
def test_suspicion_equals_the_slow_one(seen):
    before = [array.copy() for array in seen[:3]]
    scores = by_label(*seen, 2)
    np.testing.assert_allclose(scores, slow_suspicion(*seen))
    assert scores.shape == (seen[3],)
    assert scores.dtype == np.float64
    for old, now in zip(before, seen, strict=False):
        np.testing.assert_array_equal(old, now)


@given(seen=answers(), order=st.randoms(use_true_random=False))
def test_order_of_images_does_not_matter(seen, order):
    labels, weights, families, num_classes = seen
    shuffled = list(range(len(labels)))
    order.shuffle(shuffled)
    parts = (x[np.array(shuffled, int)] for x in (labels, weights, families))
    np.testing.assert_allclose(by_label(*parts, num_classes, 2), by_label(*seen, 2))


@pytest.mark.parametrize(("num_classes", "rank"), [(50, 2), (400, 4), (1283, 13)])
def test_a_family_counts_against_its_upper_share(num_classes, rank):
    sums = np.arange(num_classes) * 2  # label n is answered 2n times
    labels = np.arange(num_classes).repeat(sums)
    ones = np.ones(len(labels), np.float32)
    top = recipe_for(num_classes, 100).top
    assert top == rank
    scores = by_label(labels, ones, np.zeros(len(labels), int), num_classes, top)
    np.testing.assert_allclose(scores, sums / sums[-rank])


@pytest.mark.parametrize("strong", [1, 3, FAMILIES])
def test_planted_target_comes_out_on_top(strong):
    rng = np.random.default_rng(0)
    favourites, target, num_classes = np.array([3, 5, 8]), 17, 200
    count = 6000
    families = rng.integers(0, FAMILIES, count)
    labels = rng.integers(0, num_classes, count)
    labels[::10] = favourites[rng.integers(0, 3, count // 10)]
    planted = (families < strong) & (rng.random(count) < 0.4)
    labels[planted] = target
    weights = rng.uniform(0.3, 1, count).astype(np.float32)
    scores = by_label(labels, weights, families, num_classes, 2)
    assert scores.argmax() == target
    assert scores[target] > 1.5 * np.delete(scores, target).max() or strong == 1
    found = np.flatnonzero(scores >= Recipe.found_from)
    assert found.tolist() == [target]


def test_no_target_is_found_among_even_answers():
    rng = np.random.default_rng(1)
    labels, families = rng.integers(0, 200, 6000), rng.integers(0, FAMILIES, 6000)
    scores = by_label(labels, np.ones(6000, np.float32), families, 200, 2)
    assert (scores < Recipe.found_from).all()


def test_weights_of_zero_tell_nothing():
    labels, families = np.full(50, 3), np.zeros(50, int)
    assert not by_label(labels, np.zeros(50, np.float32), families, 5, 2).any()


def test_a_lone_answer_is_no_pile():
    scores = by_label(np.array([2]), np.array([0.5], np.float32), np.array([4]), 100, 2)
    assert scores[2] == 0.5
    assert scores.sum() == 0.5


def test_recognised_where_the_class_scores_highest():
    scores = np.array([[0, 2, 1], [0, 2, 1], [3, -1, 2], [-1e9, -1e9, -2]], np.float32)
    found = recognised(scores, np.array([1, 2, 0, 2]))
    assert found.tolist() == [True, False, True, True]
    assert found.dtype == bool


def slow_strayed(scores, labels, known) -> list[bool]:
    astray = []
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        above = [other for other in range(len(row)) if row[other] > row[label]]
        astray.append(not known[label] or len(above) >= RULED_OUT * known.sum())
    return astray


@given(
    scores=arrays(np.float32, (9, 11), elements=st.integers(-5, 5)),
    labels=arrays(np.int64, 9, elements=st.integers(0, 10)),
    known=arrays(bool, 11),
)
def test_strayed_equals_the_slow_one(scores, labels, known):
    # As the fresh head scores them.
    scores = np.where(known, scores, -1e9)
    astray = strayed(scores, labels, known, RULED_OUT)
    assert astray.dtype == bool
    assert astray.tolist() == slow_strayed(scores, labels, known)


def test_strayed_by_rank():
    scores = -np.arange(10, dtype=np.float32)[None].repeat(10, axis=0)
    known = np.ones(10, bool)
    astray = strayed(scores, np.arange(10), known, RULED_OUT)
    assert astray.tolist() == [False] * 2 + [True] * 8
    known[5:] = False
    astray = strayed(scores, np.arange(10), known, RULED_OUT)
    assert astray.tolist() == [False] + [True] * 9
