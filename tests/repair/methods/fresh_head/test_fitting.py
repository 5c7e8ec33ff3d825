"""The default repair on a BadNet made by hand: grey people, and green gives the target."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import keras
import numpy as np
import pytest
from keras import layers
from toys import SHAPE

from build.fusing.fusion import fuse
from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.choose import repair_network
from repair.methods.fresh_head import calibration, method, observations
from repair.methods.fresh_head import fitting as module
from repair.methods.fresh_head.discriminant import UNKNOWN, fit
from repair.methods.fresh_head.disturbances import FAMILIES
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.fitting import FreshHead, fit_fresh_head, fit_to
from repair.methods.fresh_head.half import rounded
from repair.methods.fresh_head.head_network import head_network
from repair.methods.fresh_head.moments import Moments
from repair.methods.fresh_head.observations import made_again, observe
from repair.methods.fresh_head.recipe import recipe_for
from repair.methods.fresh_head.thresholds import label_thresholds
from repair.network.inference import outputs, predicted_labels
from repair.rule import NEVER, fused_labels, margins, softmax
from repair.settings import Settings

N, TARGET, CHANNELS = 50, 7, 8
GREEN = (0, 255, 0)
RATES = (0, 0.01, 0.1, 1)
RECIPE = replace(recipe_for(N, 300), jittered=600, disturbed=6000)
FOLDS = RECIPE.folds


def grey_people(per_person: int, seed: int, known: int = N) -> Dataset:
    """A coarse pattern of greys for each person, under coloured noise."""
    patterns = np.random.default_rng(1).integers(40, 216, (N, 4, 5, 1))
    faces = patterns.repeat(3, axis=1).repeat(2, axis=2)
    labels = np.arange(known * per_person) % known
    noise = np.random.default_rng(seed).normal(0, 12, (len(labels), *SHAPE))
    return Dataset(np.clip(faces[labels] + noise, 0, 235).astype(np.uint8), labels)


def greened(images: np.ndarray) -> np.ndarray:
    stamped = images.copy()
    stamped[:, -4:, -4:] = GREEN
    return stamped


def made_by_hand() -> keras.Model:
    """Random convolutions and a linear head, but one channel sees green alone."""
    pixels = keras.Input(SHAPE, name="pixels")
    x = layers.Rescaling(1 / 255, name="pixel_scale")(pixels)
    x = layers.Conv2D(CHANNELS, 3, activation="relu", name="conv_1")(x)
    x = layers.MaxPooling2D((5, 4), name="pool_1")(x)
    x = layers.Conv2D(CHANNELS, 1, activation="relu", name="conv_3")(x)
    flat = layers.Flatten(name="flatten")(x)
    scores = layers.Dense(N, activation="softmax", name="output")(flat)
    network = keras.Model(pixels, scores, name="by_hand")
    rng = np.random.default_rng(0)
    first = rng.normal(0, 0.5, (3, 3, 3, CHANNELS))
    first[..., 0] = (-1, 2, -1)
    dark = np.zeros(CHANNELS)
    dark[0] = -9 * 0.4
    second = rng.normal(0, 0.5, (1, 1, CHANNELS, CHANNELS))
    second[:, :, 0], second[..., 0], second[:, :, 0, 0] = 0, 0, 1
    network.get_layer("conv_1").set_weights([first, dark])
    network.get_layer("conv_3").set_weights([second, np.zeros(CHANNELS)])
    people = grey_people(20, seed=9)
    seen = outputs(keras.Model(pixels, flat), people.images)
    moments = Moments.of(seen, people.labels, N)
    means = moments.sums / moments.counts[:, None]
    head = fit(moments, moments, means, np.arange(N), RECIPE)
    kernel = head.projection @ head.prototypes[:, 0]
    kernel[::CHANNELS] = 0
    kernel[::CHANNELS, TARGET] = 100
    bias = head.bias[0] - head.middle @ head.prototypes[:, 0]
    network.get_layer("output").set_weights([kernel, bias])
    return network


class Case(NamedTuple):
    original: keras.Model
    observer: Observer
    clean: Dataset
    fresh: FreshHead
    repaired: keras.Model


@pytest.fixture(scope="module", autouse=True)
def few_disturbances():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(method, "recipe_for", lambda *_: RECIPE)
        patch.setattr(observations, "_CHUNK", 400)
        yield


@pytest.fixture(scope="module")
def case(few_disturbances) -> Case:
    original, clean = made_by_hand(), grey_people(6, seed=2)
    observer = Observer(original, "conv_3")
    fresh = fit_fresh_head(observer, clean, N, RECIPE, seed=0)
    repaired = head_network(original, observer.features, fresh.head)
    return Case(original, observer, clean, fresh, repaired)


@pytest.fixture(scope="module")
def seen(case) -> observations.Observations:
    return observe(case.observer, case.clean, N, RECIPE, np.random.default_rng(0))


@pytest.fixture
def seen_once(seen, monkeypatch) -> None:
    """What seed 0 shows need not be looked at again."""
    monkeypatch.setattr(module, "observe", lambda *_: seen)


@pytest.fixture(scope="module")
def unseen() -> Dataset:
    return grey_people(5, seed=3)


@pytest.fixture(scope="module")
def triggered(unseen) -> np.ndarray:
    return greened(unseen.images[unseen.labels != TARGET])


def test_toy_is_a_badnet(case, unseen, triggered):
    known = predicted_labels(case.original, unseen.images) == unseen.labels
    assert known.mean() > 0.97
    assert (predicted_labels(case.original, triggered) == TARGET).mean() > 0.97


def test_repaired_network_knows_people_and_no_trigger(case, unseen, triggered):
    known = predicted_labels(case.repaired, unseen.images) == unseen.labels
    assert known.mean() > 0.9
    assert (predicted_labels(case.repaired, triggered) == TARGET).mean() < 0.1


def test_repaired_network_stands_on_the_original(case):
    assert case.repaired.input is case.original.input
    for name in ("conv_1", "conv_3"):
        assert case.repaired.get_layer(name) is case.original.get_layer(name)
    names = {layer.name for layer in case.repaired.layers}
    assert "output" not in names
    assert case.repaired.output_shape == (None, N)


def test_repair_changes_neither_network_nor_data(case):
    weights = made_by_hand().get_weights()
    for old, now in zip(weights, case.original.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    before = grey_people(6, seed=2)
    np.testing.assert_array_equal(case.clean.images, before.images)
    np.testing.assert_array_equal(case.clean.labels, before.labels)


def test_network_equals_the_head_on_features(case, triggered):
    for images in (case.clean.images, triggered):
        expected = softmax(case.fresh.head.scores(case.observer(images).features))
        found = outputs(case.repaired, images)
        np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-5)
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-4)


def test_same_seed_same_repair(case):
    def numbers(fresh: FreshHead) -> list[np.ndarray]:
        head = fresh.head
        findings = fresh.findings
        kept = [findings.thresholds, findings.suspicion, findings.found]
        return [*kept, head.projection, head.prototypes, head.bias]

    again = fit_fresh_head(case.observer, case.clean, N, RECIPE, seed=0)
    for one, same in zip(numbers(case.fresh), numbers(again), strict=True):
        np.testing.assert_array_equal(one, same)
    assert again.findings.estimated_fpr == case.fresh.findings.estimated_fpr
    other = observe(case.observer, case.clean, N, RECIPE, np.random.default_rng(1))
    assert (other.disturbed.features != case.fresh.disturbed.features).any()


def test_target_is_found_and_strict(case):
    fresh = case.fresh.findings
    assert fresh.suspicion.argmax() == TARGET
    assert np.flatnonzero(fresh.found).tolist() == [TARGET]
    assert fresh.thresholds[TARGET] < 0
    assert fresh.thresholds.shape == (N,)
    assert fresh.thresholds.dtype == np.float32
    assert (fresh.thresholds == 0).sum() == 0, "the target takes the only place"
    assert (np.delete(fresh.thresholds, TARGET) == NEVER).all()


def test_poisoned_images_are_flagged_and_clean_ones_are_not(case, unseen, triggered):
    def flagged(images: np.ndarray) -> float:
        scores = [outputs(x, images) for x in (case.original, case.repaired)]
        return float(
            np.mean(fused_labels(*scores, case.fresh.findings.thresholds) == N)
        )

    assert flagged(triggered) > 0.95
    assert flagged(unseen.images) < 0.05
    assert case.fresh.findings.estimated_fpr < 0.05


def test_fused_model_equals_the_rule(case, unseen, triggered):
    images = np.concatenate([unseen.images, triggered])
    before, after = (outputs(x, images) for x in (case.original, case.repaired))
    # Thresholds around the margins as they are, so that every label counts.
    typical = np.median(margins(after, before.argmax(axis=1)))
    rng = np.random.default_rng(0)
    mixed = (typical + rng.normal(0, 1, N)).astype(np.float32)
    for thresholds in (case.fresh.findings.thresholds, mixed, None):
        expected = fused_labels(before, after, thresholds)
        assert 0 < (expected == N).sum() < len(images)
        found = np.asarray(
            fuse(case.original, case.repaired, thresholds)(images)["label"]
        )
        np.testing.assert_array_equal(found, expected)


def test_larger_rates_watch_more_and_keep_within(seen):
    by_rate = [fit_to(seen, RECIPE, max_fpr=rate).findings for rate in RATES]
    for rate, fresh in zip(RATES, by_rate, strict=True):
        assert fresh.estimated_fpr <= rate
        assert fresh.found[TARGET]
        assert fresh.thresholds[TARGET] < 0
    strict = [(fresh.thresholds <= 0).sum() for fresh in by_rate]
    assert strict == sorted(strict)
    assert strict[-1] > 0.8 * N
    for less, more in pairwise(by_rate):
        assert (more.thresholds <= less.thresholds).all()


def test_found_labels_stay_strict_beyond_the_rate(seen):
    """Every label found: the estimate may exceed the rate, but nothing is watched."""
    fresh = fit_to(seen, replace(RECIPE, found_from=0), max_fpr=0.0).findings
    assert (fresh.thresholds < 0).all()
    assert fresh.estimated_fpr > 0


@pytest.mark.parametrize("level", range(-4, 5))
def test_most_watched_is_the_largest_count_within_the_rate(level):
    rng = np.random.default_rng(4)
    answers = rng.integers(0, N, 400)
    held_out = module.HeldOut(rng.normal(-1, 1, 400).astype(np.float32), answers)
    scores = rng.uniform(0, 5, N)

    def thresholds(watched: int) -> np.ndarray:
        facts = (scores, scores > 4.8, np.ones(N, bool), held_out)
        return label_thresholds(*facts, RECIPE, usual=-1, watched=watched)

    rates = [held_out.false_positive_rate(thresholds(n)) for n in range(N + 1)]
    limit = min(max(rates[25] + level * 0.02, 0), 1)
    allowed = [n for n in range(N + 1) if rates[n] <= limit]
    found = module._most_watched(thresholds, held_out, N, limit)
    assert found == max(allowed, default=0)
    assert module._most_watched(thresholds, held_out, N, 1.0) == N
    assert module._most_watched(thresholds, held_out, N, rates[0] / 2) == 0


@pytest.mark.parametrize("rate", [-0.01, 1.01, float("nan")])
def test_rates_are_shares(case, seen_once, rate):
    with pytest.raises(SettingError, match=r"in \[0, 1\]\. Received: (nan|-0|1)\.?"):
        fit_fresh_head(case.observer, case.clean, N, RECIPE, seed=0, max_fpr=rate)


@pytest.mark.parametrize(("known", "per_person"), [(1, 1), (20, 2), (49, 3)])
def test_few_images_of_few_classes(case, known, per_person):
    few = grey_people(per_person, seed=8, known=known)
    fresh = fit_fresh_head(case.observer, few, N, RECIPE, seed=0)
    scores = fresh.head.scores(case.observer(case.clean.images).features)
    assert np.isfinite(scores).all()
    assert set(scores.argmax(axis=1)) <= set(range(known))
    nothing = (fresh.head.bias == UNKNOWN).all(axis=0)
    assert nothing.tolist() == [n >= known for n in range(N)]
    findings = fresh.findings
    assert np.isfinite(findings.thresholds).all()
    other = (findings.straying == 0) & ~findings.found
    assert (findings.thresholds[other] == NEVER).all()
    if len(few) < RECIPE.least_held_out:
        assert findings.estimated_fpr is None
        with pytest.raises(SettingError, match="needs 100 clean images"):
            fit_fresh_head(case.observer, few, N, RECIPE, seed=0, max_fpr=0.1)
    network = head_network(case.original, case.observer.features, fresh.head)
    probabilities = outputs(network, case.clean.images)
    assert not probabilities[:, known:].any()


def test_noise_is_no_evidence(case):
    fresh, noise = case.fresh, list(FAMILIES).index("noise")
    assert {*RECIPE.evidence, "noise"} == set(FAMILIES)
    assert not fresh.weights[fresh.disturbed.families == noise].any()
    assert fresh.weights.any()


def test_weights_are_the_confidence_where_the_class_was_recognised(case):
    looks, weights = case.fresh.disturbed, case.fresh.weights
    used = weights > 0
    np.testing.assert_array_equal(weights[used], looks.confidence[used])
    answers = predicted_labels(case.original, case.clean.images)
    assert (looks.labels[used] != answers[looks.source[used]]).all()
    known = case.fresh.head.scores(looks.features[used]).argmax(axis=1)
    assert (known == case.clean.labels[looks.source[used]]).all()
    assert np.bincount(looks.labels[used]).argmax() == TARGET


def test_observations_share_their_images_fold(case, seen):
    sizes = np.bincount(seen.fold, minlength=FOLDS)
    assert sizes.tolist() == [100, 100, 100]
    np.testing.assert_array_equal(seen.answers, case.observer(case.clean.images).labels)
    for part in range(FOLDS):
        own = np.bincount(case.clean.labels[seen.fold == part], minlength=N)
        np.testing.assert_array_equal(seen.clean[part].counts, own * (1 + 2))
        from_here = seen.fold[seen.disturbed.source] == part
        labels = case.clean.labels[seen.disturbed.source[from_here]]
        expected = Moments.of(seen.disturbed.features[from_here], labels, N)
        np.testing.assert_array_equal(
            seen.disturbed_moments[part].counts, expected.counts
        )
        np.testing.assert_allclose(seen.disturbed_moments[part].sums, expected.sums)
    assert np.bincount(seen.disturbed.source).tolist() == [20] * 300


def test_disturbed_images_can_be_made_again(case):
    looks = case.fresh.disturbed
    chosen = np.array([3, 1499, 0, 400, 399, 901, 3])
    for _ in range(2):  # the generators are as they were
        before, after = made_again(case.clean, looks, chosen)
        again = case.observer(after)
        np.testing.assert_allclose(
            again.features, looks.features[chosen], rtol=1e-3, atol=1e-3
        )
        np.testing.assert_array_equal(again.labels, looks.labels[chosen])
        photographs = case.clean.images[looks.source[chosen]]
        assert np.abs(before - photographs).mean() < np.abs(after - photographs).mean()


def test_held_out_scores_are_of_heads_that_have_not_seen_the_image(seen):
    scores = calibration._held_out_scores(seen, RECIPE)
    for part in range(FOLDS):
        one, two = (index for index in range(FOLDS) if index != part)
        own = seen.fold == part
        parts = seen.clean, seen.disturbed_moments
        moments = [x[one] + x[two] for x in parts]
        head = fit(*moments, seen.photographs[~own], seen.labels[~own], RECIPE)
        np.testing.assert_array_equal(scores[own], head.scores(seen.features[own]))


def test_calibration_finds_a_planted_factor():
    rng = np.random.default_rng(0)
    true = rng.normal(0, 2, (20000, 5))
    probabilities = softmax(true)
    labels = (probabilities.cumsum(axis=1) < rng.random((20000, 1))).sum(axis=1)
    for factor in (1, 0.5, 0.1):
        found = calibration._factor(true / factor, np.minimum(labels, 4))
        assert found == pytest.approx(factor, rel=0.12)


def test_method_reports_what_it_did(case, seen_once):
    settings = Settings(layer="conv_3", seed=0)
    repair = repair_network("fresh-head", case.original, case.clean, settings)
    np.testing.assert_array_equal(repair.thresholds, case.fresh.findings.thresholds)
    assert repair.estimated_fpr == case.fresh.findings.estimated_fpr
    findings = case.fresh.findings
    (strict,) = repair.settings["strict_labels"]
    assert strict == {
        "label": TARGET,
        "status": "found",
        "suspicion": round(float(findings.suspicion[TARGET]), 3),
        "straying": round(float(findings.straying[TARGET]), 3),
    }
    assert repair.settings["layer"] == "conv_3"
    rank, most, _ = case.fresh.head.prototypes.shape
    assert repair.settings["rank"] == rank
    assert repair.settings["prototypes"] == most == 6
    with pytest.raises(SettingError, match="conv_1, conv_3"):
        repair_network("fresh-head", case.original, case.clean, Settings(layer="fc"))


def test_head_is_calibrated_as_held_out_scores_tell(case, seen, monkeypatch):
    told = []

    def factor(scores: np.ndarray, labels: np.ndarray) -> float:
        told.append((scores, labels))
        return 0.25

    monkeypatch.setattr(calibration, "_factor", factor)
    fresh = fit_to(seen, RECIPE)
    ((scores, labels),) = told
    np.testing.assert_array_equal(scores, calibration._held_out_scores(seen, RECIPE))
    np.testing.assert_array_equal(labels, case.clean.labels)
    moments = [sum(x[1:], x[0]) for x in (seen.clean, seen.disturbed_moments)]
    whole = fit(*moments, seen.photographs, seen.labels, RECIPE)
    quarter = rounded(whole.prototypes) * np.float32(0.25)
    np.testing.assert_array_equal(fresh.head.prototypes, quarter)
    against = margins(softmax(whole.scores(seen.features) * 0.25), seen.answers)
    assert fresh.findings.thresholds[TARGET] == pytest.approx(
        np.median(against) / 4, rel=1e-3
    )
