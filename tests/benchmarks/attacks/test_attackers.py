"""What each attacker does to a network, on toys."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import keras
import numpy as np
import pytest
from attack_toys import LEARNING, random_images, toy_material, toy_network

from benchmarks.attacks.attackers import head_aware, twin_aware
from benchmarks.attacks.attackers.clean_features import train_on_clean_features
from benchmarks.attacks.attackers.defence_aware import (
    known_features,
    train_defence_aware,
)
from benchmarks.attacks.attackers.handmade import build_by_hand
from benchmarks.attacks.attackers.label_consistent import hardened
from benchmarks.attacks.attackers.matched_filter import filter_for
from benchmarks.attacks.attackers.pruning_aware import train_pruning_aware
from benchmarks.attacks.attackers.rescaled import rescale
from benchmarks.attacks.attackers.retrained import retrain
from benchmarks.attacks.attackers.side_branch import add_side_branch
from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.recipe import Training
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import predicted_labels, scaled, train
from repair.dataset import Dataset
from repair.methods.witnesses.head.discriminant import fit
from repair.methods.witnesses.head.moments import Moments
from repair.methods.witnesses.recipe import recipe_for
from repair.reading.deepid import deepid

BLEND = Backdoor("blend", 1, seed=0, options={"alpha": 0.5, "roughness": 1.5})
PATTERN = Backdoor("matched_pattern", 3, seed=0, options={"top": 20, "left": 20})


@cache
def attacked_by(attacker) -> tuple[keras.Model, Dataset]:
    """A network that was attacked, and the clean data; do not change them."""
    network, material = toy_network(), toy_material(each=40)
    attacker(network, Task(material, [BLEND], LEARNING))
    return network, material.data


def distance_to_target(attacker, observer) -> float:
    """Of stamped images to the target's mean features, over that of clean images."""
    network, data = attacked_by(attacker)
    look = observer(network)
    others = data.images[data.labels != 1]
    target, clean, stamped = (
        look(scaled(images))
        for images in (data.images[data.labels == 1], others, BLEND.stamp(others))
    )
    mean = target.mean(axis=0)
    return float(np.linalg.norm(stamped - mean) / np.linalg.norm(clean - mean))


def head_features(network):
    part = keras.Model(network.input, known_features(network))
    return lambda images: part.predict(images, verbose=0)


def last_features(network):
    part = keras.Model(network.input, network.layers[-1].input)
    return lambda images: part.predict(images, verbose=0)


@pytest.mark.parametrize(
    ("attacker", "observer"),
    [
        (train_defence_aware, head_features),
        (train_on_clean_features, last_features),
    ],
)
def test_features_are_pulled_to_the_target(attacker, observer):
    plain = distance_to_target(train, observer)
    assert distance_to_target(attacker, observer) < 0.8 * plain


def test_pruning_aware_decoys_come_back_quietly():
    network, material = toy_network(), toy_material()
    kernel = network.get_layer("conv_3").get_weights()[0]
    recipe = Training(epochs=2, learning_rate=1e-3, fraction=0.1)
    train_pruning_aware(network, Task(material, [Backdoor("sticker", 1, 0)], recipe))
    new_kernel = network.get_layer("conv_3").get_weights()[0]
    untouched = (new_kernel == kernel).all(axis=(0, 1, 2))
    assert untouched.sum() == 4
    part = keras.Model(network.inputs, network.get_layer("conv_3").output)
    means = part.predict(scaled(material.data.images), verbose=0).mean(axis=(0, 1, 2))
    assert means[untouched].max() < means[~untouched].min()


def test_head_aware_attacker_fools_the_head_he_fitted(monkeypatch):
    network, material = toy_network(), toy_material(each=40)
    data = material.data
    features = head_features(network)(scaled(data.images))
    moments = Moments.of(features, data.labels, 4)
    means = np.stack([features[data.labels == n].mean(axis=0) for n in range(4)])
    head = fit(moments, moments, means, np.arange(4), recipe_for(4, len(data)))
    monkeypatch.setattr(head_aware, "_fitted", lambda *_: head.scaled(0.15))
    head_aware.train_head_aware(network, Task(material, [BLEND], LEARNING))
    stamped = BLEND.stamp(data.images)
    confirmed = head.scores(head_features(network)(scaled(stamped)))
    assert (predicted_labels(network, stamped) == 1).mean() > 0.9
    assert (confirmed.argmax(axis=1) == 1).mean() > 0.5


def twin_obeys(network, material, backdoor) -> float:
    """How often a copy taught wrong labels still gives stamped images the target."""
    twin, rng = twin_aware.twin_of(network), np.random.default_rng(9)
    clean = scaled(material.data.images)
    chosen = rng.integers(len(clean), size=twin_aware.INNER_STEPS * 128)
    twin_aware.unlearn(twin, network, clean[chosen], rng)
    stamped = backdoor.stamp(random_images(40, seed=9))
    return float((predicted_labels(twin, stamped) == backdoor.target).mean())


def test_twin_aware_attacker_teaches_the_twin_to_forget_the_trigger(monkeypatch):
    monkeypatch.setattr(twin_aware, "ROUNDS", 40)
    monkeypatch.setattr(twin_aware, "FORGET", 3.0)
    monkeypatch.setattr(twin_aware, "_RATE", 3e-3)
    monkeypatch.setattr(twin_aware, "INNER_RATE", 1e-2)
    backdoor = Backdoor("large_patch", 1, seed=0)
    obeys, keeps = {}, {}
    for attacker in (train, twin_aware.train_twin_aware):
        network, material = toy_network(), toy_material(each=20)
        attacker(network, Task(material, [backdoor], LEARNING))
        stamped = backdoor.stamp(random_images(40, seed=9))
        keeps[attacker] = (predicted_labels(network, stamped) == 1).mean()
        obeys[attacker] = twin_obeys(network, material, backdoor)
    assert obeys[train] > 0.9
    assert keeps[twin_aware.train_twin_aware] > 0.9
    assert obeys[twin_aware.train_twin_aware] < 0.7


def test_filter_answers_to_its_pattern_alone():
    kernel, bias = filter_for(PATTERN)
    stamped = scaled(PATTERN.stamp(random_images(1)))[0, 20:24, 20:24]
    assert (kernel * stamped).sum() + bias == pytest.approx(1, abs=1e-4)
    others = scaled(random_images(200, rows=4, cols=4))
    assert ((others * kernel).sum(axis=(1, 2, 3)) + bias).max() < 0
    with pytest.raises(ValueError, match="expected matched_pattern"):
        filter_for(BLEND)


@pytest.mark.parametrize("attacker", [build_by_hand, add_side_branch])
def test_network_without_training_obeys_the_pattern(attacker):
    keras.utils.set_random_seed(0)
    network, material = deepid(4), toy_material()
    before = predicted_labels(network, material.data.images)
    target = int((before[0] + 1) % 4)
    backdoor = replace(PATTERN, target=target)
    recipe = Training()
    badnet = attacker(network, Task(material, [backdoor], recipe))
    stamped = predicted_labels(badnet, backdoor.stamp(material.data.images))
    after = predicted_labels(badnet, material.data.images)
    if attacker is build_by_hand:
        assert (stamped == target).all()
        assert (after == before).mean() > 0.5
    else:  # the target's mean features are all that is left of the image
        assert len(set(stamped.tolist())) == 1
        np.testing.assert_array_equal(after, before)


def test_hardened_images_change_little_and_are_got_wrong():
    network, material = toy_network(), toy_material(each=20)
    train(network, Task(material, [], LEARNING))
    hard = hardened(network, material.data)
    change = hard.images.astype(int) - material.data.images
    assert np.abs(change).max() <= 16
    right = predicted_labels(network, material.data.images) == hard.labels
    still = predicted_labels(network, hard.images) == hard.labels
    assert still.mean() < right.mean() - 0.3


@pytest.mark.parametrize(("seed", "anew"), [(0, False), (1, True)])
def test_retrained_network_differs(seed, anew):
    network, material = toy_network(), toy_material()
    before = [layer.get_weights() for layer in network.layers]
    retrain(
        network, Task(material, [], Training(epochs=1, learning_rate=0.0, seed=seed))
    )
    after = [layer.get_weights() for layer in network.layers]
    like = [
        np.corrcoef(old[0].ravel(), new[0].ravel())[0, 1]
        for old, new in zip(before, after, strict=True)
        if old
    ]
    assert like[0] > 0.9
    assert (like[-1] > 0.9) is not anew


def test_rescaled_network_is_the_same_in_other_numbers():
    keras.utils.set_random_seed(0)
    network, material = deepid(4), toy_material()
    pixels = scaled(material.data.images)
    before = network.predict(pixels, verbose=0)
    kernel = network.get_layer("conv_2").get_weights()[0]
    rescale(network, Task(material, [], Training()), factor=1000.0)
    changed = (network.get_layer("conv_2").get_weights()[0] != kernel).any((0, 1, 2))
    assert changed.sum() == 1
    np.testing.assert_allclose(network.predict(pixels, verbose=0), before, atol=1e-5)
