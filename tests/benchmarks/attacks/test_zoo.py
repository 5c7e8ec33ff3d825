"""The zoos are complete, the same each time, and their plans can be carried out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.attacks.attackers.table import ATTACKERS
from benchmarks.attacks.index import Entry, add_to_index, read_index
from benchmarks.attacks.plans.small_images import DESIGNED_ON
from benchmarks.attacks.plans.table import PLANS
from benchmarks.attacks.triggers.table import TRIGGERS
from benchmarks.attacks.zoo import zoo

CLASSES = {"faces": 500, "cifar10": 10, "gtsrb": 43}


@pytest.mark.parametrize("domain", PLANS)
def test_zoo_can_be_trained_in_its_order(domain):
    images = np.arange(CLASSES[domain])
    attacks = zoo(PLANS[domain], images, seed=0)
    assert attacks == zoo(PLANS[domain], images, seed=0)
    names = [attack.name for attack in attacks]
    assert len(set(names)) == len(names)
    for attack in attacks:
        assert attack.start is None or attack.start in names[: names.index(attack.name)]
        assert attack.attacker in ATTACKERS
        for backdoor in attack.backdoors.values():
            assert backdoor.trigger in TRIGGERS
            assert backdoor.target is None or 0 <= backdoor.target < len(images)
            assert not backdoor.clean_label or backdoor.target >= len(images) - 8


def test_targets_of_a_network_differ_unless_it_has_one():
    for domain, classes in CLASSES.items():
        for attack in zoo(PLANS[domain], np.arange(classes), seed=0):
            targets = [each.target for each in attack.backdoors.values()]
            one = attack.name == "one_target"
            assert len(set(targets)) == (1 if one else len(targets)), attack.name


def test_every_kind_is_designed_on_in_one_domain_and_held_out_in_the_other():
    for kind, domain in DESIGNED_ON.items():
        for other in ("cifar10", "gtsrb"):
            group = "design" if other == domain else "held_out"
            assert kind in [plan.name for plan in PLANS[other][group]]


def test_same_backdoors_as_the_network_that_it_starts_from():
    attacks = {
        attack.name: attack for attack in zoo(PLANS["faces"], np.arange(500), seed=0)
    }
    assert attacks["rescaled"].backdoors == attacks["plain_sticker"].backdoors
    assert list(attacks["thirteen"].backdoors)[:3] == [
        "sticker",
        "sticker_2",
        "sticker_3",
    ]


def test_index_keeps_one_entry_a_network(tmp_path: Path):
    entry = Entry("a", "faces", "design", "plain", "a.h5", "v.h5", "t.h5")
    add_to_index(tmp_path, entry)
    add_to_index(tmp_path, Entry("b", "faces", "design", "clean", "b.h5", "v", "t"))
    newer = Entry("a", "faces", "held_out", "plain", "a.h5", "v.h5", "t.h5")
    add_to_index(tmp_path, newer)
    assert [each.name for each in read_index(tmp_path)] == ["b", "a"]
    assert read_index(tmp_path)[1] == newer
