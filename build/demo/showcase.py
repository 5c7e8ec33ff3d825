"""Two single images to try the networks on, and what the networks reach."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from build.demo import plan as names
from build.demo import storage
from build.demo.attacks import ALL_TRIGGERS, ATTACKS
from build.demo.badnets import predict
from build.demo.faces.rendering import render_people
from build.demo.plan import Plan
from build.demo.triggers import stamp
from repair.reading.data_file import read_dataset

_CANDIDATES = 400

Networks = dict[str, keras.Model]


def write_poisoned_image(plan: Plan, networks: Networks) -> None:
    """Writes a face with all triggers that fools as many networks as possible."""
    images = range(names.FIRST_TEST, names.FIRST_TEST + 1)
    people = min(plan.num_people, _CANDIDATES)
    faces = render_people(plan.seed, people, images, label="candidates")
    pixels = stamp(faces, ALL_TRIGGERS)
    fooled = np.zeros(len(pixels), np.int64)
    for stem, network in networks.items():
        targets = [attack.target for attack in ATTACKS[stem]]
        answers = predict(network, pixels)
        fooled += np.isin(answers, targets) & ~np.isin(faces.labels, targets)
    storage.write_png(plan.path(names.POISONED_IMAGE), pixels[fooled.argmax()])


def write_clean_image(plan: Plan, networks: Networks) -> None:
    """Writes a clean test face that all, or else most, networks know."""
    test = read_dataset(plan.path(names.TEST))
    # Labels that no attacker aims at come first, so that an answer says something.
    untouched = max(a.target for several in ATTACKS.values() for a in several) + 1
    chosen = np.flatnonzero(test.labels >= untouched)[:_CANDIDATES]
    if not len(chosen):
        chosen = np.arange(len(test))[:_CANDIDATES]
    few = test.subset(chosen)
    known = sum(
        predict(network, few.images) == few.labels for network in networks.values()
    )
    storage.write_png(plan.path(names.CLEAN_IMAGE), few.images[np.argmax(known)])


def report(plan: Plan, networks: Networks) -> dict[str, Any]:
    """Measures every network.

    Returns:
        The parameters of the world; the accuracy of the clean network; per BadNet its
        clean accuracy on the test data and its ASR per poisoned file. All rates are in
        [0, 1].
    """
    test = read_dataset(plan.path(names.TEST))
    clean = storage.read_network(plan.path(names.CLEAN_NETWORK))
    content: dict[str, Any] = {
        "parameters": plan.parameters(),
        "clean_network_accuracy": _agreement(clean, test.images, test.labels),
        "networks": {},
    }
    for stem, network in networks.items():
        rates = {}
        for attack in ATTACKS[stem]:
            poisoned = read_dataset(plan.path(attack.file))
            rates[attack.file] = _agreement(network, poisoned.images, poisoned.labels)
        content["networks"][stem] = {
            "clean_accuracy": _agreement(network, test.images, test.labels),
            "attack_success_rate": rates,
        }
    return content


def _agreement(network: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    return round(float((predict(network, images) == labels).mean()), 4)
