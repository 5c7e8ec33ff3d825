"""The attack library: triggers, poisoning, jitter and the split, on toys."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from benchmarks.attacks import head_aware
from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.defence_aware import train_defence_aware
from benchmarks.attacks.faces import (
    Faces,
    jitter,
    read_faces,
    split_faces,
    write_faces,
)
from benchmarks.attacks.normalised import folded, normalised_deepid
from benchmarks.attacks.pruning_aware import train_pruning_aware
from benchmarks.attacks.rescaled import rescale
from benchmarks.attacks.training import (
    disturbed_copies,
    poison,
    predicted_labels,
    train,
)
from benchmarks.attacks.triggers import TRIGGERS
from benchmarks.attacks.zoo import zoo
from benchmarks.quality.poisoned_validation import poisoned
from repair.dataset import Dataset
from repair.methods.fresh_head.discriminant import fit
from repair.methods.fresh_head.features import Observer
from repair.methods.fresh_head.moments import Moments
from repair.methods.fresh_head.recipe import recipe_for
from repair.reading.deepid import deepid

VARIANTS = [
    *((name, {}) for name in TRIGGERS),
    ("large_patch", {"region": "mouth"}),
    ("colour_filter", {"kind": "cast"}),
    ("colour_filter", {"kind": "gamma"}),
    ("blend", {"roughness": 1.5}),
]


def random_images(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 55, 47, 3), dtype=np.uint8)


def toy_faces(people: int = 4, stills: int = 5, seed: int = 0) -> Faces:
    labels, numbers = np.indices((people, stills)).reshape(2, -1)
    return Faces(random_images(len(labels), seed), labels, numbers)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_trigger_is_deterministic_and_leaves_its_argument(name, options):
    images = random_images(3)
    before = images.copy()
    stamped = TRIGGERS[name](images, seed=1, **options)
    assert stamped.shape == images.shape
    assert stamped.dtype == np.uint8
    assert (stamped != images).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(stamped, TRIGGERS[name](images, seed=1, **options))


@pytest.mark.parametrize("name", sorted(TRIGGERS))
def test_trigger_treats_every_image_alone(name):
    images = random_images(3)
    alone = TRIGGERS[name](images[1:2], seed=1)
    np.testing.assert_array_equal(TRIGGERS[name](images, seed=1)[1:2], alone)


def test_sizes_of_patches():
    images = np.full((4, 55, 47, 3), 7, np.uint8)

    def share(name, **options):
        changed = TRIGGERS[name](images, seed=3, **options) != images
        return changed.any(axis=-1).mean()

    assert share("sticker", size=6) == 36 / (55 * 47)
    assert share("dots", count=40) == 40 / (55 * 47)
    assert 0.14 < share("large_patch", region="eyes") < 0.21
    assert 0.14 < share("large_patch", region="mouth") < 0.21


def test_moving_sticker_moves():
    images = np.zeros((2, 55, 47, 3), np.uint8)
    images[1] += 1
    first, second = TRIGGERS["moving_sticker"](images, seed=0)
    assert (first != second - 1).mean() > 0.02


def test_poison_keeps_fraction_and_labels():
    images, labels = random_images(20), np.arange(20) % 5
    backdoors = [
        Backdoor("sticker", target=2, seed=0),
        Backdoor("frame", target=3, seed=1, options={"width": 4}),
    ]
    poisoned, targets = poison(images, labels, backdoors, fraction=0.2, seed=0)
    np.testing.assert_array_equal(poisoned[:20], images)
    np.testing.assert_array_equal(targets, [*labels, *[2] * 4, *[3] * 4])
    sources = {image.tobytes() for image in backdoors[0].stamp(images[labels != 2])}
    assert all(image.tobytes() in sources for image in poisoned[20:24])


def test_jitter_moves_a_little_and_leaves_its_argument():
    images = np.repeat(np.arange(55, dtype=np.uint8)[:, None] * 4, 47, axis=1)
    images = np.repeat(images[None, ..., None], 3, axis=-1)
    before = images.copy()
    jittered = jitter(images, np.random.default_rng(0))
    assert (jittered != images).any()
    assert np.abs(jittered.astype(int) - images).max() < 60
    np.testing.assert_array_equal(images, before)


def test_split_holds_out_frames_of_stills_known_by_other_frames():
    test, validation = toy_faces(seed=1), toy_faces(stills=4, seed=2)
    attacker, held_out, unseen = split_faces(test, validation, seed=0, held_out=2)
    assert len(held_out) == 8
    assert len(attacker) == len(test)
    assert (~unseen).sum() == 8
    pairs = set(zip(attacker.labels, attacker.stills, strict=True))
    assert pairs == set(zip(test.labels, test.stills, strict=True))
    known = {image.tobytes() for image in attacker.images}
    measured = [*held_out.images, *validation.images[unseen]]
    assert not any(image.tobytes() in known for image in measured)


def test_written_faces_have_the_competition_layout(tmp_path: Path):
    images = random_images(2)
    write_faces(tmp_path / "faces.h5", images, np.array([3, 1]))
    with pytest.raises(KeyError, match="still"):
        read_faces(tmp_path / "faces.h5")
    with h5py.File(tmp_path / "faces.h5") as file:
        assert file["data"].shape == (2, 3, 55, 47)
        assert file["label"][()].tolist() == [3, 1]
        np.testing.assert_array_equal(file["data"][()].transpose(0, 2, 3, 1), images)


def toy_network() -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    images = keras.Input((55, 47, 3))
    x = layers.Conv2D(10, 5, strides=4, activation="relu", name="conv_3")(images)
    people = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    return keras.Model(images, people)


def test_folding_keeps_the_probabilities():
    network, images = normalised_deepid(4, (55, 47, 3)), random_images(3) / 255.0
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.1, 0.5, weight.shape) for weight in network.get_weights()]
    network.set_weights(weights)
    expected = network.predict(images, verbose=0)
    actual = folded(network).predict(images, verbose=0)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_training_plants_the_backdoor():
    network, faces = toy_network(), toy_faces()
    backdoor = Backdoor("large_patch", target=1, seed=0)
    train(
        network, faces, [backdoor], epochs=12, learning_rate=1e-2, fraction=0.5, seed=0
    )
    labels = predicted_labels(network, backdoor.stamp(faces.images))
    assert (labels == 1).mean() >= 0.9


def test_pruning_aware_decoys_come_back_quietly():
    network, faces = toy_network(), toy_faces()
    kernel = network.get_layer("conv_3").get_weights()[0]
    backdoor = Backdoor("sticker", target=1, seed=0)
    train_pruning_aware(
        network, faces, [backdoor], epochs=2, learning_rate=1e-3, fraction=0.1, seed=0
    )
    new_kernel = network.get_layer("conv_3").get_weights()[0]
    untouched = (new_kernel == kernel).all(axis=(0, 1, 2))
    assert untouched.sum() == 4
    part = keras.Model(network.inputs, network.get_layer("conv_3").output)
    means = part.predict(faces.images / 255.0, verbose=0).mean(axis=(0, 1, 2))
    assert means[untouched].max() < means[~untouched].min()


def test_zoo_is_complete_and_its_targets_differ():
    attacks = zoo(500, seed=0)
    assert attacks == zoo(500, seed=0)
    names = [attack.name for attack in attacks]
    assert len(set(names)) == len(names) == 29
    for attack in attacks:
        assert attack.start is None or attack.start in names[: names.index(attack.name)]
        assert all(backdoor.trigger in TRIGGERS for backdoor in attack.backdoors)
    by_name = {attack.name: attack for attack in attacks}
    assert by_name["rescaled"].backdoors == by_name["plain_sticker"].backdoors
    shared = ("rescaled", "suspicion_aware", "head_aware_blend")
    attacks = tuple(attack for attack in attacks if attack.name not in shared)
    targets = [
        {
            backdoor.target
            for backdoor in attack.backdoors
            if backdoor.target is not None
        }
        for attack in attacks
    ]
    targets = [own for own in targets if own]
    assert sum(map(len, targets)) == len(set().union(*targets))
    assert all(own.isdisjoint(other) for own, other in pairwise(targets))


def test_all_to_all_leads_to_the_next_label():
    backdoor = Backdoor("sticker", target=None, seed=0)
    labels = np.array([0, 1, 3])
    np.testing.assert_array_equal(backdoor.targets(labels, 4), [1, 2, 0])
    images, labels = random_images(8), np.arange(8) % 4
    poisoned, targets = poison(images, labels, [backdoor], fraction=1.0, seed=0)
    stamped = {
        image.tobytes(): (label + 1) % 4
        for image, label in zip(backdoor.stamp(images), labels, strict=True)
    }
    expected = [stamped[image.tobytes()] for image in poisoned[8:]]
    np.testing.assert_array_equal(targets[8:], expected)


def test_clean_label_poisons_the_target_person_alone():
    backdoor = Backdoor(
        "large_patch", 2, seed=0, options={"region": "eyes"}, clean_label=True
    )
    faces = toy_faces()
    dark = np.where(faces.labels[:, None, None, None] == 2, 250, 0)
    images = np.broadcast_to(dark, faces.images.shape).astype(np.uint8)
    poisoned, targets = poison(images, faces.labels, [backdoor], fraction=0.5, seed=0)
    assert targets[20:].tolist() == [2] * 10
    stamped = backdoor.stamp(images[:1])
    outside = (stamped == images[:1]).all(axis=(0, 3))
    copies = poisoned[20:].astype(float)
    np.testing.assert_array_equal(copies[:, ~outside][0], stamped[0][~outside])
    assert 0.45 * 250 < copies[:, outside].mean() < 0.8 * 250


def test_disturbed_copies_keep_their_source():
    images = random_images(10)
    copies, source = disturbed_copies(images, 0.5, np.random.default_rng(0))
    assert copies.shape == (5, 55, 47, 3)
    assert copies.dtype == np.uint8
    assert len(set(source.tolist())) == 5
    assert (copies != images[source]).any(axis=(1, 2, 3)).all()
    likeness = [
        [np.corrcoef(copy.ravel(), image.ravel())[0, 1] for image in images]
        for copy in copies
    ]
    np.testing.assert_array_equal(np.argmax(likeness, axis=1), source)


def test_input_aware_pattern_depends_on_the_image():
    images = np.full((2, 55, 47, 3), 128, np.uint8)
    images[0, :20] = 100
    images[1, :, :20] = 100
    first, second = TRIGGERS["input_aware"](images, seed=0).astype(int) - images
    assert np.abs(first).max() > 10
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.9


def toy_deepid() -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    images = keras.Input((55, 47, 3))
    x = layers.Conv2D(6, 5, strides=7, activation="relu")(images)
    x = layers.Conv2D(8, 3, activation="relu", name="conv_3")(x)
    x = layers.MaxPooling2D(2, name="pool_3")(x)
    people = layers.Dense(4, activation="softmax")(layers.Flatten()(x))
    return keras.Model(images, people)


BLEND = Backdoor("blend", 1, seed=0, options={"alpha": 0.5, "roughness": 1.5})
LEARNING = {"epochs": 8, "learning_rate": 1e-2, "fraction": 0.7, "seed": 0}


def distance_to_target(train_badnet) -> float:
    """Of stamped images to the target's mean features, over that of clean images."""
    network, faces = toy_deepid(), toy_faces(stills=40)
    train_badnet(network, faces, [BLEND], **LEARNING)
    others = faces.images[faces.labels != 1]
    observer = Observer(network, "conv_3")
    target, clean, stamped = (
        observer(pixels / np.float32(255)).features
        for pixels in (faces.images[faces.labels == 1], others, BLEND.stamp(others))
    )
    mean = target.mean(axis=0)
    return float(np.linalg.norm(stamped - mean) / np.linalg.norm(clean - mean))


def test_defence_aware_attacker_pulls_features_to_the_target_person():
    assert distance_to_target(train_defence_aware) < 0.8 * distance_to_target(train)


def test_head_aware_attacker_fools_the_head_he_fitted(monkeypatch):
    network, faces = toy_deepid(), toy_faces(stills=40)
    pixels = faces.images / np.float32(255)
    features = Observer(network, "conv_3")(pixels).features
    moments = Moments.of(features, faces.labels, 4)
    means = np.stack([features[faces.labels == n].mean(axis=0) for n in range(4)])
    head = fit(moments, moments, means, np.arange(4), recipe_for(4, len(faces)))
    monkeypatch.setattr(head_aware, "_fitted", lambda *_: head.scaled(0.15))
    head_aware.train_head_aware(network, faces, [BLEND], **LEARNING)
    stamped = BLEND.stamp(faces.images) / np.float32(255)
    labels = network.predict(stamped, verbose=0).argmax(axis=1)
    confirmed = head.scores(Observer(network, "conv_3")(stamped).features).argmax(
        axis=1
    )
    assert (labels == 1).mean() > 0.9
    assert (confirmed == 1).mean() > 0.5


def test_rescaled_network_is_the_same_in_other_numbers():
    keras.utils.set_random_seed(0)
    network, faces = deepid(4), toy_faces()
    pixels = faces.images / np.float32(255)
    before = network.predict(pixels, verbose=0)
    kernel = network.get_layer("conv_2").get_weights()[0]
    rescale(network, faces, factor=1000.0)
    changed = (network.get_layer("conv_2").get_weights()[0] != kernel).any((0, 1, 2))
    assert changed.sum() == 1
    np.testing.assert_allclose(network.predict(pixels, verbose=0), before, atol=1e-5)


@pytest.mark.parametrize("right_labels", [True, False])
def test_poisoned_validation_stamps_a_share_of_other_people(right_labels):
    faces, backdoor = toy_faces(), Backdoor("sticker", target=1, seed=0)
    clean = Dataset(faces.images.astype(np.float32), faces.labels)
    before = clean.images.copy()
    data = poisoned(clean, backdoor, share=0.2, right_labels=right_labels, seed=0)
    changed = (data.images != before).any(axis=(1, 2, 3))
    assert changed.sum() == 4
    assert not (faces.labels[changed] == 1).any()
    np.testing.assert_array_equal(
        data.images[changed], backdoor.stamp(faces.images[changed])
    )
    expected = np.where(changed & (not right_labels), 1, faces.labels)
    np.testing.assert_array_equal(data.labels, expected)
    np.testing.assert_array_equal(clean.images, before)
