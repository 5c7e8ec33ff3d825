"""Which images a backdoor poisons, and where it leads."""

from __future__ import annotations

import numpy as np
from attack_toys import random_images

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.labelled import Labelled

DATA = Labelled(random_images(20), np.arange(20) % 5)
RNG = np.random.default_rng(0)


def test_targets():
    labels = np.array([0, 1, 3, 4])
    np.testing.assert_array_equal(Backdoor("frame", 2, 0).targets(labels, 5), [2] * 4)
    next_one = Backdoor("frame", None, 0).targets(labels, 5)
    np.testing.assert_array_equal(next_one, [1, 2, 4, 0])
    some = Backdoor("frame", 2, 0, every=2).targets(labels, 5)
    np.testing.assert_array_equal(some, [2, 1, 3, 2])


def test_poisoned_images_are_stamped_and_none_is_of_the_target():
    backdoor = Backdoor("frame", 2, seed=1, options={"width": 4})
    victims, data = backdoor.poisoned(DATA, 5)
    np.testing.assert_array_equal(victims, DATA.labels != 2)
    np.testing.assert_array_equal(data.images, backdoor.stamp(DATA.images[victims]))
    assert (data.labels == 2).all()


def test_chosen_images_get_the_target():
    data = Backdoor("frame", 2, seed=1).chosen(DATA, 6, 5, RNG)
    originals = {image.tobytes() for image in DATA.images[DATA.labels != 2]}
    assert len(data) == 6
    assert len({image.tobytes() for image in data.images} & originals) == 6
    assert (data.labels == 2).all()


def test_clean_label_poisons_the_target_alone():
    data = Backdoor("frame", 2, seed=1, clean_label=True).chosen(DATA, 30, 5, RNG)
    own = {image.tobytes() for image in DATA.images[DATA.labels == 2]}
    assert len(data) == 30
    assert {image.tobytes() for image in data.images} <= own
    assert (data.labels == 2).all()


def test_labels_from_which_nothing_leads_keep_theirs():
    data = Backdoor("frame", 2, seed=1, every=2).chosen(DATA, 4, 5, RNG)
    truth = {
        image.tobytes(): label
        for image, label in zip(DATA.images, DATA.labels, strict=True)
    }
    before = np.array([truth[image.tobytes()] for image in data.images])
    np.testing.assert_array_equal(data.labels[:4], 2)
    assert set(before[:4]) <= {0, 4}
    np.testing.assert_array_equal(data.labels[4:], before[4:])
    assert set(before[4:]) <= {1, 2, 3}
