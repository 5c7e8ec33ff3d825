"""The defence table against counting image by image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from toys import SHAPE

from repair.dataset import Dataset
from repair.measuring.evaluation import figures
from repair.measuring.trials import Trial

N = 5


def dataset(labels: np.ndarray) -> Dataset:
    return Dataset(np.zeros((len(labels), *SHAPE), np.uint8), labels)


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


@pytest.fixture
def answers() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "BadNet": rng.integers(0, N, 300),
        "repaired": rng.integers(0, N, 300),
        "detector": rng.integers(0, N + 1, 300),
    }


def test_clean_rows(answers):
    labels = np.random.default_rng(1).integers(0, N, 300)
    rows = figures(Trial("clean", dataset(labels)), answers, N)
    assert [row["network"] for row in rows] == list(answers)
    for row, given in zip(rows, answers.values(), strict=True):
        pairs = list(zip(given, labels, strict=True))
        assert row["data"] == "clean"
        assert row["images"] == 300
        assert row["clean accuracy"] == pytest.approx(share([a == b for a, b in pairs]))
        assert row["FPR"] == pytest.approx(share([a == N for a, _ in pairs]))
        assert "ASR" not in row
    assert rows[0]["FPR"] == 0


def test_poisoned_rows_without_flags(answers):
    targets = np.zeros(300, int)
    rows = figures(Trial("bad", dataset(targets), poisoned=True), answers, N)
    for row, given in zip(rows, answers.values(), strict=True):
        fooled = [a for a, b in zip(given, answers["BadNet"], strict=True) if b == 0]
        assert row["ASR"] == pytest.approx(share([a == 0 for a in given]))
        assert row["detection"] == pytest.approx(share([a == N for a in given]))
        assert row["detection (fooled)"] == pytest.approx(
            share([a == N for a in fooled])
        )
        assert row["attack ratio"] == row["detection"]
        assert "FPR" not in row
        assert "clean accuracy" not in row


def test_poisoned_rows_with_flags_count_over_the_triggered(answers):
    targets = np.zeros(300, int)
    flags = np.random.default_rng(2).random(300) < 0.6
    trial = Trial("bad", dataset(targets), poisoned=True, triggered=flags)
    row = figures(trial, answers, N)[2]
    given = answers["detector"]
    with_trigger = [a for a, flag in zip(given, flags, strict=True) if flag]
    without = [a for a, flag in zip(given, flags, strict=True) if not flag]
    assert row["ASR"] == pytest.approx(share([a == 0 for a in with_trigger]))
    assert row["detection"] == pytest.approx(share([a == N for a in with_trigger]))
    assert row["FPR"] == pytest.approx(share([a == N for a in without]))
    assert row["attack ratio"] == pytest.approx(share([a == N for a in given]))
    fooled = flags & (answers["BadNet"] == 0)
    assert row["detection (fooled)"] == pytest.approx(share(list(given[fooled] == N)))


def test_rates_over_no_image_are_nan(answers):
    everywhere = np.ones(300, bool)
    trial = Trial("bad", dataset(np.full(300, N)), poisoned=True, triggered=everywhere)
    row = figures(trial, answers, N)[0]
    assert math.isnan(row["FPR"])
    assert math.isnan(row["detection (fooled)"])
