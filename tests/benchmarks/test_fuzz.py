"""The fuzz targets: fine files, a few broken ones, and a second of the fuzzer itself."""

from __future__ import annotations

import importlib.util
import random

import numpy as np
import pytest
from toys import run_python

from benchmarks.fuzz import configs
from benchmarks.fuzz.__main__ import NAMES
from benchmarks.fuzz.asking import refused
from benchmarks.fuzz.seeds import write_seeds
from benchmarks.fuzz.targets import TARGETS
from benchmarks.reading.files import probabilities


def test_a_network_whose_pooling_keeps_its_axes_is_no_finding():
    """A finding once: Keras answers (n, 1, 1, 5), which was taken for one sigmoid."""
    configs.configs(b"\x04\x04\x00\xff")
    kept = np.full((2, 1, 1, 5), 0.2, np.float32)
    np.testing.assert_array_equal(probabilities(kept), kept[:, 0, 0])
    assert probabilities(kept[:, 0, 0, :1]).shape == (2, 2)


@pytest.mark.parametrize("name", NAMES)
def test_targets_take_seeds_and_what_becomes_of_them(tmp_path, name):
    write_seeds(name, tmp_path)
    seeds = sorted(tmp_path.iterdir())
    assert seeds
    dice = random.Random(0)  # noqa: S311
    for seed in seeds:
        content = seed.read_bytes()
        TARGETS[name](content)
        for _ in range(5):
            broken = bytearray(content)
            for _ in range(dice.randint(1, 4)):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
            TARGETS[name](bytes(broken[: dice.randint(len(broken) // 2, len(broken))]))


def test_a_bug_is_a_finding():
    with pytest.raises(ZeroDivisionError):
        refused(lambda: 1 / 0)


def test_changed_networks_are_read_and_answer_as_keras_does(monkeypatch):
    compared = []
    judge = configs.probabilities
    monkeypatch.setattr(
        configs, "probabilities", lambda x: compared.append(x) or judge(x)
    )
    for turn in range(20):
        configs.configs(bytes([turn]))
    assert len(compared) > 3


def test_a_network_that_answers_otherwise_is_a_finding(monkeypatch):
    told = configs.outputs
    monkeypatch.setattr(configs, "outputs", lambda *x: told(*x)[:, ::-1])
    with pytest.raises(ValueError, match="read otherwise than by Keras"):
        for turn in range(20):
            configs.configs(bytes([turn]))


@pytest.mark.skipif(
    not importlib.util.find_spec("atheris"), reason="atheris is not installed"
)
@pytest.mark.parametrize("name", ["flags", "image"])
def test_fuzzer_runs(name):
    answer = run_python("-m", "benchmarks.fuzz", name, "--seconds", 2)
    assert answer.code == 0, answer.err[-2000:]
    assert "stat::number_of_executed_units" in answer.err
