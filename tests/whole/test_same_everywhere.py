"""What ``inspect`` says of a network is what ``build`` makes of it."""

from __future__ import annotations

import json

import pytest


@pytest.mark.slow
def test_inspect_and_build_find_the_same(run_here, files, tmp_path):
    network, clean = files / "badnet.h5", files / "clean.h5"
    answer = run_here("repair", "inspect", network, clean, "--out", tmp_path / "page")
    assert answer.code == 0, answer.err
    answer = run_here(
        *("build", "--model", network, "--clean", clean, "--out", tmp_path / "detector")
    )
    assert answer.code == 0, answer.err
    page = json.loads((tmp_path / "page" / "inspect.json").read_text("utf-8"))
    card = json.loads((tmp_path / "detector" / "card.json").read_text("utf-8"))
    usual, others = card["thresholds"]["usual"], card["thresholds"]["by_label"]
    assert page["thresholds"] == [
        others.get(str(label), usual) for label in range(card["num_classes"])
    ]
    assert page["reason"] == card["verdict"]["reason"]
