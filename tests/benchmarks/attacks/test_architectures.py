"""Networks of other kinds: trained, read by our reader, and as small as they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toys import save_network

from benchmarks.attacks.architectures import ARCHITECTURES, untrained
from benchmarks.attacks.plans.architectures import plans
from repair.reading.network_file import read_network


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_network_is_read_with_its_own_probabilities(name: str, tmp_path: Path):
    network = untrained(name, 10, (32, 32, 3))
    assert network.count_params() < 400_000
    path = save_network(network, tmp_path / "network.keras")
    images = np.random.default_rng(0).random((4, 32, 32, 3), np.float32)
    expected = network.predict(images, verbose=0)
    np.testing.assert_allclose(expected.sum(axis=1), 1, rtol=1e-5)
    read = read_network(path)
    np.testing.assert_allclose(read.predict(images, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize("domain", ["cifar10", "gtsrb"])
def test_every_kind_is_there_without_a_backdoor_and_with_some(domain: str):
    for name in ARCHITECTURES:
        of_kind = [plan for plan in plans(domain) if plan.architecture == name]
        assert [bool(plan.triggers) for plan in of_kind] == [False] * 2 + [True] * 3
