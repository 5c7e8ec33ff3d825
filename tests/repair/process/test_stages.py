"""The time left of several stages follows from what each usually takes."""

from __future__ import annotations

import time

import pytest

from repair.process.stages import Stages, in_stages, left_of_all

SHARES = (("twin", 1.0), ("twin", 1.0), ("looks", 2.0))


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_time_left_is_that_of_all_stages(clock):
    stages = Stages(SHARES)
    clock[0] = 10.0
    assert stages.left("twin", 0.8) == pytest.approx(40)
    assert stages.left("twin", 0.2) == pytest.approx(10 / 0.3 * 0.7)  # the second one
    clock[0] = 60.0
    assert stages.left("looks", 0.5) == pytest.approx(20)
    assert stages.left("looks", 1.0) == 0


def test_nothing_is_said_too_early_or_of_another_stage(clock):
    stages = Stages(SHARES)
    clock[0] = 1.0
    assert stages.left("twin", 0.1) is None
    assert stages.left("reading", 0.5) is None
    assert stages.left("looks", 0.5) is not None
    assert stages.left("twin", 0.5) is None  # it is not to come again


def test_stages_hold_within_alone(clock):
    assert left_of_all("twin", 0.5) is None
    with in_stages(SHARES):
        clock[0] = 5.0
        assert left_of_all("twin", 1.0) == pytest.approx(15)
    assert left_of_all("twin", 0.5) is None
