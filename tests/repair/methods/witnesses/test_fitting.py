"""The default method on the toys: found, flagged, told the same again."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.utils.naming import to_snake_case
from toys import PEOPLE, TARGET, save_network, toy_people

from build.fusing.fusion import fuse
from repair.dataset import Dataset
from repair.errors import SettingError
from repair.methods.choose import repair_network
from repair.methods.repair import Repair
from repair.methods.witnesses import method
from repair.methods.witnesses.fitting import Witnesses, fit_witnesses
from repair.methods.witnesses.looks.disturbed import chunks
from repair.methods.witnesses.method import as_repair, chosen_recipe
from repair.methods.witnesses.recipe import Recipe, recipe_for
from repair.methods.witnesses.twin.testimony import NAMES
from repair.network.inference import outputs
from repair.reading.network_file import read_network
from repair.rule import AGAINST_WEIGHT, fused_labels
from repair.settings import Settings

RECIPE = replace(
    recipe_for(PEOPLE, 200),
    jittered=600,
    disturbed=2_000,
    learning_rate=1e-3,
    pattern_steps=5,
    sought=(6, 2),
    sought_steps=(2, 4),
    unlearning_steps=5,
)


class Case(NamedTuple):
    heard: Witnesses
    repair: Repair


def fitted(badnet, clean, recipe: Recipe = RECIPE, seed: int = 0) -> Case:
    heard = fit_witnesses(badnet, clean, recipe, seed=seed)
    return Case(heard, as_repair(badnet, heard, recipe))


@pytest.fixture(scope="module")
def case(badnet, clean) -> Case:
    return fitted(badnet, clean)


def labels(badnet, repair: Repair, images: np.ndarray) -> np.ndarray:
    networks = (repair.repaired, *repair.witnesses.values())
    answers = [outputs(network, images) for network in networks]
    return fused_labels(outputs(badnet, images), answers, repair.rule)


def test_poisoned_images_are_flagged_and_clean_ones_are_not(case, badnet, poisoned):
    unseen = toy_people(20, seed=8)
    assert np.mean(labels(badnet, case.repair, poisoned.images) == PEOPLE) > 0.95
    answers = labels(badnet, case.repair, unseen.images)
    assert np.mean(answers == PEOPLE) < 0.05
    assert np.mean(answers == unseen.labels) > 0.95
    assert case.repair.estimated_fpr <= RECIPE.false_positives


def test_fused_model_equals_the_rule(case, badnet, poisoned):
    images = np.concatenate([toy_people(20, seed=8).images, poisoned.images])
    expected = labels(badnet, case.repair, images)
    found = np.asarray(fuse(badnet, case.repair)(images)["label"])
    assert np.mean(found == expected) > 0.99  # rounding decides on the edge alone


def test_layers_may_have_any_name_that_keras_gives(badnet, clean, poisoned, tmp_path):
    """Every operation's own name is taken: nothing that the defence adds goes by it."""
    kinds = [x for x in vars(layers).values() if isinstance(x, type)]
    names = {to_snake_case(kind.__name__) for kind in kinds} | set(dir(keras.ops))
    images = x = keras.Input(clean.images.shape[1:], name="images")
    for name in sorted(x for x in names | {"functional", "model"} if x[0] != "_"):
        x = layers.Identity(name=name)(x)
    inner = keras.Model(badnet.input, badnet.output, name="whole.toy")
    path = save_network(keras.Model(images, inner(x)), tmp_path / "named.keras")
    network = read_network(path)
    assert "multiply" in {layer.name for layer in network.layers}
    repair = fitted(network, clean, replace(RECIPE, disturbed=800)).repair
    found = np.asarray(fuse(network, repair)(poisoned.images)["label"])
    assert np.mean(found == PEOPLE) > 0.95


def test_same_seed_same_repair(case, badnet, clean):
    again = fitted(badnet, clean)
    for one, other in zip(
        case.heard.rule.witnesses, again.heard.rule.witnesses, strict=True
    ):
        np.testing.assert_array_equal(one.values, other.values)
        np.testing.assert_array_equal(one.evidence, other.evidence)
    thresholds = case.heard.rule.thresholds
    np.testing.assert_array_equal(thresholds, again.heard.rule.thresholds)
    for one, other in zip(
        case.repair.repaired.get_weights(),
        again.repair.repaired.get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("used", "names"),
    [
        ((), ["head"]),
        (("pixels",), ["head", "pixels"]),
        (("twin", "suspicion"), ["head", *NAMES]),
        (("pruning", "pixels", "twin"), ["head", "pixels", *NAMES]),
    ],
)
def test_each_witness_can_be_left_out(used, names, badnet, clean):
    heard, repair = fitted(badnet, clean, replace(RECIPE, used=used))
    assert [witness.name for witness in heard.rule.witnesses] == names
    assert list(repair.witnesses) == names[1:]
    assert heard.kept.all() or "pruning" in used
    assert repair.settings["witnesses"] == names
    assert not any(witness.slope for witness in heard.rule.witnesses)


def test_who_speaks_against_a_label_is_read_beside_the_badnets_certainty(case):
    slopes = {witness.name: witness.slope for witness in case.heard.rule.witnesses}
    assert slopes["head"] > 0
    assert [slopes[name] for name in NAMES] == [0, 0]
    on_card = case.repair.settings["certainty"]
    assert on_card == pytest.approx(slopes, abs=1e-5)
    head = case.heard.heads["head"]
    assert head.witness.alone is head.alone.witness
    assert head.alone.witness.slope == 0
    assert (head.evidence >= head.alone.evidence).all()
    assert (head.evidence > head.alone.evidence).any()


def test_what_is_found_is_unlearned(case):
    assert TARGET in case.heard.rule.targets
    names = [witness.name for witness in case.heard.rule.witnesses]
    assert names[case.heard.rule.stand_in] == "unlearned"
    assert case.repair.settings["witnesses"] == names


@pytest.mark.parametrize("missing", [(TARGET,), (TARGET, PEOPLE - 1)])
def test_of_labels_without_clean_images_twins_tell_and_targets_are_always_flagged(
    badnet, clean, missing
):
    some = clean.subset(np.flatnonzero(~np.isin(clean.labels, missing)))
    heard, _ = fitted(badnet, some)
    assert heard.twin is not None
    loudest = max(told.witness.evidence[-1] for told in heard.heads.values())
    lowered = np.minimum(heard.findings.suspicion, RECIPE.most_suspicion)
    unsuspected = heard.rule.thresholds + lowered
    targets, told = heard.rule.targets, heard.twin.evidence
    assert (TARGET in targets) == (len(missing) == 1), "both cases are covered"
    for label in missing:
        if label in targets:
            assert heard.rule.thresholds[label] == 0
            continue
        beyond = unsuspected[label] - AGAINST_WEIGHT * loudest
        assert np.mean(told >= beyond) <= RECIPE.false_positives
        assert beyond <= told.max() + 1
    seen = [x for x in range(PEOPLE) if x not in (*missing, *targets)]
    np.testing.assert_allclose(unsuspected[seen], unsuspected[seen[0]], atol=1e-4)


def test_few_images_are_enough_to_build(badnet):
    few = toy_people(1, seed=4)
    heard, repair = fitted(badnet, few, replace(recipe_for(PEOPLE, 5), disturbed=500))
    assert repair.estimated_fpr is None
    assert np.isfinite(heard.rule.thresholds).all()


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan")])
def test_rates_out_of_range_are_refused(badnet, clean, rate):
    with pytest.raises(SettingError, match="--max-fpr"):
        chosen_recipe(badnet, clean, Settings(max_fpr=rate))


def test_an_operating_point_is_kept(badnet, clean, monkeypatch):
    monkeypatch.setattr(method, "recipe_for", lambda *_: RECIPE)
    repair = repair_network("witnesses", badnet, clean, Settings(max_fpr=0.1))
    assert repair.settings["false_positives"] == 0.1
    assert 0.05 < repair.estimated_fpr <= 0.1


def test_a_recipe_depends_on_sizes_alone():
    assert recipe_for(500, 4_500) == recipe_for(500, 4_500)
    for num_classes in (2, 10, 43, 500, 10_000):
        for images in (2, 100, 1_254, 30_000):
            recipe = recipe_for(num_classes, images)
            assert bool(recipe.sought) == (num_classes <= 200)
            assert 0 < recipe.false_positives <= 1
            assert 0 < recipe.natural < 1
            assert recipe.natural < recipe.target < 1


def test_costly_networks_look_at_fewer_images():
    usual = recipe_for(10, 3_000)
    assert recipe_for(10, 3_000, 400_000_000) == usual
    for work in (500_000_000, 10**9, 10**12):
        recipe = recipe_for(10, 3_000, work)
        assert 0 < min(recipe.sought_steps) < max(usual.sought_steps)
        recipe = replace(recipe, sought_steps=usual.sought_steps)
        changed = {"jittered", "disturbed", "batch", "sought_batch", "hosts"}
        changed |= {"most_steps", "pattern_steps", "unlearning_steps"}
        for key in changed:
            assert 0 < getattr(recipe, key) < getattr(usual, key)
        assert replace(recipe, **{key: getattr(usual, key) for key in changed}) == usual
        assert recipe.disturbed >= 2_000


def test_images_are_looked_at_in_turns_or_evenly():
    def spread(count):
        return np.concatenate(chunks((7, 500, 500, 3), count)).tolist()

    assert spread(16) == [*range(7), *range(7), 0, 1]
    assert spread(3) == [0, 2, 4]
    assert max(map(len, chunks((7, 500, 500, 3), 90))) * 500 * 500 * 3 <= 1 << 25
    assert [len(each) for each in chunks((7, 55, 47, 3), 4_100)] == [2_000, 2_000, 100]


def test_one_image_of_each_class_of_two(badnet):
    del badnet
    assert isinstance(Dataset(np.zeros((2, 4, 4, 3), np.uint8), np.arange(2)), Dataset)
