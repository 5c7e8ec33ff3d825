"""What an epoch shows, and that training plants a backdoor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from attack_toys import LEARNING, toy_material, toy_network

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.recipe import Training
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import (
    disturbed_copies,
    epochs,
    predicted_labels,
    train,
)


def test_epoch_shows_clean_poisoned_disturbed_and_decoys():
    material = toy_material()
    backdoors = [Backdoor("sticker", 2, seed=0), Backdoor("frame", 3, seed=1)]
    recipe = Training(epochs=2, fraction=0.2, disturbed=0.3, decoys=0.1)
    first, second = epochs(Task(material, backdoors, recipe))
    np.testing.assert_array_equal(first.images[:20], material.data.images)
    np.testing.assert_array_equal(first.labels[:20], material.data.labels)
    np.testing.assert_array_equal(first.labels[20:28], [2] * 4 + [3] * 4)
    assert np.flatnonzero(first.poisoned).tolist() == list(range(20, 28))
    assert len(first.images) == 20 + 2 * 4 + 6 + 2 * 2
    stamped = {
        image.tobytes()
        for image in backdoors[0].stamp(material.data.images[material.data.labels != 2])
    }
    assert all(image.tobytes() in stamped for image in first.images[20:24])
    np.testing.assert_array_equal(second.images[20:28], first.images[20:28])
    assert (second.images[28:] != first.images[28:]).any()


def test_triggers_are_stamped_on_what_images_have_become():
    material = replace(toy_material(), vary=lambda images, rng: images // 2)
    backdoor = Backdoor("white_square", 2, seed=0)
    (shown,) = epochs(Task(material, [backdoor], Training(epochs=1, fraction=0.2)))
    assert shown.images[:20].max() <= 127
    assert (shown.images[20:] == 255).all(axis=-1).sum() == 4 * 9


def test_disturbed_copies_keep_their_labels():
    data = toy_material(classes=20, each=1).data
    copies = disturbed_copies(data, 0.5, np.random.default_rng(0))
    assert copies.images.dtype == np.uint8
    assert len(set(copies.labels.tolist())) == len(copies) == 10
    own = data.images[copies.labels]
    assert (copies.images != own).any(axis=(1, 2, 3)).all()
    likeness = [
        [np.corrcoef(copy.ravel(), image.ravel())[0, 1] for image in data.images]
        for copy in copies.images
    ]
    np.testing.assert_array_equal(np.argmax(likeness, axis=1), copies.labels)


def test_training_plants_the_backdoor():
    network, material = toy_network(), toy_material()
    backdoor = Backdoor("large_patch", target=1, seed=0)
    train(
        network, Task(material, [backdoor], replace(LEARNING, epochs=12, fraction=0.5))
    )
    labels = predicted_labels(network, backdoor.stamp(material.data.images))
    assert (labels == 1).mean() >= 0.9
