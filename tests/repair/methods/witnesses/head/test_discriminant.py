"""The fresh head in closed form against a textbook discriminant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repair.errors import ModelError
from repair.methods.witnesses.head import discriminant
from repair.methods.witnesses.head import moments as moments_module
from repair.methods.witnesses.head.discriminant import (
    UNKNOWN,
    Discriminant,
    fit,
)
from repair.methods.witnesses.head.half import rounded
from repair.methods.witnesses.head.moments import Moments
from repair.methods.witnesses.recipe import Recipe, recipe_for

FEATURES, N = 7, 4
RECIPE = recipe_for(N, 120)


def people(seed: int, count: int = 120, known: int = N, spread: float = 1.0):
    """Features of images and their labels, those from ``known`` on without images."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(2, 2, (N, FEATURES))
    mixing = np.random.default_rng(98).normal(0, 1, (FEATURES, FEATURES))
    labels = np.arange(count) % known
    noise = rng.normal(0, spread, (count, FEATURES)) @ mixing
    return (centres[labels] + noise).astype(np.float32), labels


def moments(features: np.ndarray, labels: np.ndarray) -> Moments:
    return Moments.of(features, labels, N)


def means_of(features: np.ndarray, labels: np.ndarray) -> tuple:
    """One photograph a person, at the mean: nearest prototype = linear discriminant."""
    people = np.unique(labels)
    return np.stack([features[labels == n].mean(axis=0) for n in people]), people


def linear(clean, rough, recipe: Recipe = RECIPE) -> Discriminant:
    return fit(moments(*clean), moments(*rough), *means_of(*clean), recipe)


def slow_scatter(features, labels, means) -> np.ndarray:
    total = np.zeros((FEATURES, FEATURES))
    for image, label in zip(features.astype(float), labels, strict=True):
        total += np.outer(image - means[label], image - means[label])
    return total / len(labels)


def slow_parts(clean, rough) -> tuple[np.ndarray, np.ndarray]:
    """Class means (NaN without images) and the covariance, from the images themselves."""
    features, labels = clean
    means = np.full((N, FEATURES), np.nan)
    for label in np.unique(labels):
        means[label] = features[labels == label].astype(float).mean(axis=0)
    covariance = slow_scatter(*clean, means) / 2 + slow_scatter(*rough, means) / 2
    ridge = RECIPE.ridge * np.trace(covariance) / FEATURES
    return means, covariance + ridge * np.eye(FEATURES)


def textbook_scores(features, means, covariance) -> np.ndarray:
    """Log odds up to a summand per image: x' S^-1 m - m' S^-1 m / 2."""
    directions = np.linalg.solve(covariance, means.T)
    offsets = 0.5 * np.einsum("nf,fn->n", means, directions)
    return features.astype(float) @ directions - offsets


def from_mean(scores: np.ndarray) -> np.ndarray:
    return scores - scores.mean(axis=1, keepdims=True)


@pytest.fixture
def clean():
    return people(0)


@pytest.fixture
def rough():
    return people(1, spread=2.0)


def test_moments_equal_loops(clean):
    features, labels = clean
    found = moments(features, labels)
    gram = sum(np.outer(image, image) for image in features.astype(float))
    np.testing.assert_allclose(found.gram, gram, rtol=1e-4, atol=1e-3)
    for label in range(N):
        own = features[labels == label].astype(float)
        np.testing.assert_allclose(found.sums[label], own.sum(axis=0), rtol=1e-6)
        assert found.counts[label] == len(own)
    kinds = [array.dtype for array in (found.gram, found.sums, found.counts)]
    assert kinds == [np.float32, np.float32, np.float64]


@given(cut=st.integers(0, 120), seed=st.integers(0, 9))
def test_moments_of_parts_add_up(cut, seed):
    features, labels = people(seed)
    # Whole numbers add up without rounding, whatever the order.
    features = np.rint(features)
    parts = moments(features[:cut], labels[:cut]) + moments(
        features[cut:], labels[cut:]
    )
    whole = moments(features, labels)
    for name in ("gram", "sums", "counts"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_adding_changes_neither_part(clean, rough):
    one, other = moments(*clean), moments(*rough)
    before = [one.gram.copy(), one.sums.copy(), one.counts.copy()]
    total = one + other
    assert total.counts.sum() == 240
    for old, now in zip(before, (one.gram, one.sums, one.counts), strict=True):
        np.testing.assert_array_equal(old, now)


@given(seed=st.integers(0, 9), elsewhere=st.booleans())
def test_scatter_equals_the_direct_one(seed, elsewhere):
    features, labels = people(seed)
    means = np.random.default_rng(seed).normal(0, 1, (N, FEATURES))
    if not elsewhere:
        means = np.stack([features[labels == n].mean(axis=0) for n in range(N)])
    expected = slow_scatter(features, labels, means)
    found = moments(features, labels).scatter(means.astype(float))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_labels_without_images_have_no_row():
    """Sums of parts with other labels, in two ways, are those of all images."""
    features, labels = people(4)
    low = labels < 3
    whole = moments(features, labels)
    parts = [moments(features[x], labels[x]) for x in (low, ~low)]
    assert [len(part.sums) for part in parts] == [3, N - 3]
    both = parts[1] + parts[0]
    np.testing.assert_array_equal(both.sums, whole.sums)
    np.testing.assert_array_equal(both.counts, whole.counts)
    before = whole.sums.copy()
    whole.absorb(parts[0])
    np.testing.assert_array_equal(whole.sums[:3], 2 * before[:3])
    np.testing.assert_array_equal(whole.sums[3:], before[3:])
    assert whole.counts.sum() == len(labels) + low.sum()


def test_many_labels_are_taken_in_pieces(monkeypatch, clean, rough):
    """Disturbed images need not be of all labels; pieces change nothing but rounding."""
    few = rough[0][rough[1] < 3], rough[1][rough[1] < 3]
    probe, whole = people(7)[0], linear(clean, few)
    monkeypatch.setattr(moments_module, "_BLOCK", 2)
    monkeypatch.setattr(discriminant, "_SCORES", 3 * N)
    pieces = linear(clean, few)
    np.testing.assert_allclose(
        from_mean(pieces.scores(probe)), from_mean(whole.scores(probe)), atol=1e-3
    )
    assert discriminant.images_at_once(N) == 3


def test_scatter_of_nothing_is_zero():
    nothing = moments(np.empty((0, FEATURES), np.float32), np.empty(0, np.int64))
    assert not nothing.scatter(np.ones((N, FEATURES))).any()


@given(seed=st.integers(0, 20))
def test_full_rank_equals_the_textbook(seed):
    clean, rough = people(seed), people(seed + 100, spread=2.0)
    head = linear(clean, rough)
    probe = people(seed + 200)[0]
    expected = textbook_scores(probe, *slow_parts(clean, rough))
    found = head.scores(probe)
    assert found.shape == (len(probe), N)
    assert found.dtype == np.float32
    np.testing.assert_allclose(from_mean(found), from_mean(expected), atol=2e-3)


def test_fit_knows_the_people_and_differs_without_disturbances(clean, rough):
    probe, labels = people(5, spread=0.3)
    head = linear(clean, rough)
    assert (head.scores(probe).argmax(axis=1) == labels).mean() > 0.95
    other = linear(clean, clean)
    assert not np.allclose(head.scores(probe), other.scores(probe), atol=0.1)


def test_directions_in_which_disturbances_move_count_for_little(clean):
    rng = np.random.default_rng(3)
    features, labels = clean
    shaken = features.copy()
    shaken[:, 2] += rng.normal(0, 500, len(shaken))
    head = linear(clean, (shaken.astype(np.float32), labels))
    calm = linear(clean, clean)

    def weight(of: Discriminant) -> float:
        return float(np.abs((of.projection @ of.prototypes[:, 0])[2]).max())

    assert weight(head) < 0.05 * weight(calm)


@pytest.mark.parametrize("rank", [1, 2, 3, 50])
def test_rank_truncation_projects_the_whitened_means(clean, rough, rank):
    head = linear(clean, rough, replace(RECIPE, rank=rank))
    kept = min(rank, N - 1)
    assert head.projection.shape == (FEATURES, kept)
    assert head.prototypes.shape == (kept, 1, N)
    assert head.bias.shape == (1, N)
    means, covariance = slow_parts(clean, rough)
    centre = means.mean(axis=0)
    # Another square root of the inverse covariance than the one in the code.
    values, vectors = np.linalg.eigh(covariance)
    root = vectors @ np.diag(values**-0.5) @ vectors.T
    probe = people(7)[0]
    white, spots = (probe - centre) @ root, (means - centre) @ root
    _, _, axes = np.linalg.svd(spots)
    white, spots = white @ axes[:kept].T, spots @ axes[:kept].T
    distances = ((white[:, None] - spots) ** 2).sum(axis=2)
    np.testing.assert_allclose(
        from_mean(head.scores(probe)), from_mean(-0.5 * distances), atol=2e-3
    )


def test_one_direction_less_than_classes_is_enough(clean, rough):
    probe = people(7)[0]
    full = linear(clean, rough).scores(probe)
    for rank, enough in ((N - 1, True), (N - 2, False)):
        less = linear(clean, rough, replace(RECIPE, rank=rank)).scores(probe)
        assert np.allclose(less, full, atol=2e-3) == enough


@pytest.mark.parametrize("known", [1, 2, 3])
def test_unknown_labels_are_never_answered(known):
    clean, rough = people(0, known=known), people(1, known=known, spread=2.0)
    head = linear(clean, rough)
    wild = np.random.default_rng(0).normal(0, 1000, (500, FEATURES)).astype(np.float32)
    scores = head.scores(wild)
    assert np.isfinite(scores).all()
    assert set(scores.argmax(axis=1)) == set(range(known))
    assert (head.bias[0] == UNKNOWN).tolist() == [n >= known for n in range(N)]
    assert not head.prototypes[:, :, known:].any()


def test_unknown_labels_do_not_move_the_others():
    clean, rough = people(0, known=3), people(1, known=3, spread=2.0)
    head = linear(clean, rough)
    means, covariance = slow_parts(clean, rough)
    probe = people(2)[0]
    expected = textbook_scores(probe, means[:3], covariance)
    np.testing.assert_allclose(
        from_mean(head.scores(probe)[:, :3]), from_mean(expected), atol=2e-3
    )


@pytest.mark.parametrize("factor", [0.05, 0.5, 3.0])
@pytest.mark.parametrize("known", [3, N])
def test_scaled_scores_keep_their_order(factor, known):
    head = linear(people(0, known=known), people(1, known=known))
    probe = people(2)[0]
    before, scaled = head.scores(probe), head.scaled(factor)
    after = scaled.scores(probe)
    np.testing.assert_allclose(after[:, :known], before[:, :known] * factor, rtol=1e-3,
                               atol=1e-3)  # fmt: skip
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    assert (scaled.bias[0] == UNKNOWN).tolist() == [n >= known for n in range(N)]
    parts = (scaled.projection, scaled.prototypes, scaled.bias)
    assert {part.dtype for part in parts} == {np.dtype(np.float32)}


def test_scaling_leaves_the_head_itself():
    head = linear(people(0), people(1))
    prototypes, bias = head.prototypes.copy(), head.bias.copy()
    head.scaled(0.1)
    np.testing.assert_array_equal(head.prototypes, prototypes)
    np.testing.assert_array_equal(head.bias, bias)


def test_literal_case():
    """Two people at 0 and 2 on a line with variance 1: the border is at 1."""
    line = np.array([[-1], [1], [1], [3]], np.float32)
    known = Moments.of(line, np.array([0, 0, 1, 1]), 2)
    head = fit(known, known, np.array([[0], [2]]), np.array([0, 1]), RECIPE)
    odds = np.diff(head.scores(np.array([[0], [1], [2]], np.float32)), axis=1)[:, 0]
    # Slope (2 - 0) / (variance 1, and the ridge).
    np.testing.assert_allclose(
        odds, np.array([-2, 0, 2]) / (1 + RECIPE.ridge), atol=1e-5
    )


def slow_nearest(probe, photographs, labels, means, covariance) -> np.ndarray:
    """Minus half the squared Mahalanobis distance to the nearest photograph.

    Of the whitened difference, only the part in the span of the whitened means counts.
    """
    from_centre = means - means.mean(axis=0)
    directions = np.linalg.solve(covariance, from_centre.T)
    inverse = directions @ np.linalg.pinv(from_centre @ directions) @ directions.T
    scores = np.empty((len(probe), N))
    for row, image in enumerate(probe.astype(float)):
        for label in range(N):
            apart = image - photographs[labels == label].astype(float)
            scores[row, label] = -0.5 * min(x @ inverse @ x for x in apart)
    return scores


@pytest.mark.parametrize("count", [5, 13, 40])
def test_score_is_of_the_nearest_photograph(count, clean, rough):
    """Also where some people have more photographs than others."""
    photographs, labels = people(3, count=count)
    head = fit(moments(*clean), moments(*rough), photographs, labels, RECIPE)
    most = -(-count // N)
    assert head.prototypes.shape[1] == most
    used = (head.bias != UNKNOWN).sum(axis=0)
    assert used.tolist() == np.bincount(labels, minlength=N).tolist()
    probe = people(7)[0]
    expected = slow_nearest(probe, photographs, labels, *slow_parts(clean, rough))
    np.testing.assert_allclose(
        from_mean(head.scores(probe)), from_mean(expected), atol=2e-3
    )


def test_more_photographs_than_prototypes_share_them_in_turn(clean, rough):
    two = replace(RECIPE, prototypes=2)
    photographs, labels = people(3, count=5 * N)
    shuffled = np.random.default_rng(0).permutation(len(labels))
    head = fit(
        moments(*clean), moments(*rough), photographs[shuffled], labels[shuffled], two
    )
    assert head.prototypes.shape[1] == 2
    halves = []
    for label in range(N):
        own = photographs[shuffled][labels[shuffled] == label]
        halves += [own[::2].mean(axis=0), own[1::2].mean(axis=0)]
    same = fit(
        moments(*clean), moments(*rough), np.stack(halves), np.arange(N).repeat(2), two
    )
    for name in ("prototypes", "bias"):
        np.testing.assert_allclose(
            getattr(head, name), getattr(same, name), rtol=1e-3, atol=1e-4
        )


def test_scores_do_not_depend_on_how_many_are_asked_for(monkeypatch, clean, rough):
    probe, _ = people(7, count=50)
    head = fit(moments(*clean), moments(*rough), *clean, RECIPE)
    whole = head.scores(probe)
    monkeypatch.setattr(discriminant, "_IMAGES", 7)
    np.testing.assert_allclose(head.scores(probe), whole, rtol=1e-4, atol=1e-4)


def test_rounded_head_is_nearly_the_same(clean, rough):
    """Also far from the origin, where rounding the projection moves every image alike."""
    far = [(features + np.float32(500), labels) for features, labels in (clean, rough)]
    head = fit(*(moments(*each) for each in far), *far[0], RECIPE)
    probe = people(7)[0] + np.float32(500)
    near = head.rounded()
    exact = [np.array_equal(getattr(near, x), rounded(getattr(near, x)))
             for x in ("projection", "prototypes")]  # fmt: skip
    assert exact == [True, True]
    error = from_mean(near.scores(probe)) - from_mean(head.scores(probe))
    assert 0 < np.abs(error).max() < 0.1


def test_a_channel_in_larger_numbers_drowns_no_other(clean, rough):
    """The same network can be said with any channel times any number."""
    probe, labels = people(5, spread=0.3)
    plain = linear(clean, rough).scores(probe)

    def louder(factor: float, features: np.ndarray) -> np.ndarray:
        factors = np.ones(FEATURES, np.float32)
        factors[3] = factor
        return features * factors

    loud = [
        linear(*((louder(by, x), y) for x, y in (clean, rough))).scores(
            louder(by, probe)
        )
        for by in (1e4, 1e5)
    ]
    assert (loud[0].argmax(axis=1) == labels).mean() > 0.95
    np.testing.assert_allclose(loud[0], loud[1], rtol=1e-2, atol=0.05)
    assert np.abs(plain).max() / 10 < np.abs(loud[0]).max() < np.abs(plain).max() * 10


def test_what_no_head_can_stand_on_is_said(clean, rough):
    far = [(features + np.float32(1e7), labels) for features, labels in (clean, rough)]
    with pytest.raises(ModelError, match=r"choose another --layer\.$"):
        linear(*far)
