"""The fuzz targets: fine files, a few broken ones, and a second of the fuzzer itself."""

from __future__ import annotations

import importlib.util
import random

import pytest
from toys import run_python

from benchmarks.fuzz.__main__ import NAMES
from benchmarks.fuzz.seeds import write_seeds
from benchmarks.fuzz.targets import TARGETS, refused


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


@pytest.mark.skipif(
    not importlib.util.find_spec("atheris"), reason="atheris is not installed"
)
@pytest.mark.parametrize("name", ["flags", "image"])
def test_fuzzer_runs(name):
    answer = run_python("-m", "benchmarks.fuzz", name, "--seconds", 2)
    assert answer.code == 0, answer.err[-2000:]
    assert "stat::number_of_executed_units" in answer.err
