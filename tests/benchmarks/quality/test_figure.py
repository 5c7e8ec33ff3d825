"""The figure of all measurements: which values it shows, and that it is drawn."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from toys import run_python

from benchmarks.quality.figure import values

WHO = {"domain": "faces", "group": "bench", "network": "a", "images": None}
ROWS = [
    {**WHO, "method": "ours", "seed": 0, "data": "clean test", "FPR": 0.01},
    {**WHO, "method": "ours", "seed": 0, "data": "hat", "ASR": 0.0, "BadNet ASR": 0.99},
    {**WHO, "method": "ours", "seed": 1, "data": "hat", "ASR": 0.2, "BadNet ASR": 0.99},
    {**WHO, "method": "ours", "seed": 0, "data": "bow", "ASR": float("nan")},
    {**WHO, "method": "strip", "seed": 0, "data": "clean test", "FPR": 0.5},
    {**WHO, "method": "ours", "seed": 0, "data": "hat", "ASR": 0.9, "images": 100},
    {**WHO, "method": "ours", "seed": 0, "data": "hat", "ASR": 0.9, "unlabelled": True},
    {**WHO, "domain": "signs", "method": "ours", "seed": 0, "data": "hat", "ASR": 1.0},
]


def test_worst_seed_of_each_network_and_trigger_counts():
    assert values(ROWS) == {
        "faces": {
            "BadNet alone": {"ASR": [99.0]},
            "ours": {"FPR": [1.0], "ASR": [20.0]},
            "strip": {"FPR": [50.0]},
        },
        "signs": {"BadNet alone": {}, "ours": {"ASR": [100.0]}},
    }


def test_figure_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "rows.json").write_text(json.dumps({"rows": ROWS}))
    out = tmp_path / "figure.png"
    module = ("-m", "benchmarks.quality.figure")
    answer = run_python(*module, tmp_path / "rows.json", "--out", out)
    assert answer.code == 0, answer.err
    with Image.open(out) as picture:
        assert picture.width > picture.height > 200
