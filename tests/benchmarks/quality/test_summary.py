"""Tables and the JSON file of measurements."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.quality.records import Records
from benchmarks.quality.summary import by_method, by_network

GROUP = "held_out"


def clean_row(network: str, seed: int, accuracy: float, fpr: float) -> dict:
    return {
        **{"network": network, "data": "clean test", "method": "ours", "seed": seed},
        "group": GROUP,
        **{"poisoned": False, "BadNet clean accuracy": 0.9, "seconds": 3 + seed},
        **{"clean accuracy": accuracy, "FPR": fpr},
    }


def poisoned_row(network: str, seed: int, asr: float, detection: float) -> dict:
    return {
        **{"network": network, "data": "sticker", "method": "ours", "seed": seed},
        "group": GROUP,
        **{"poisoned": True, "BadNet ASR": 0.99, "seconds": 3 + seed},
        **{"ASR": asr, "detection (fooled)": detection},
    }


ROWS = [
    *(clean_row("a", seed, 0.91 - 0.01 * seed, 0.01 * seed) for seed in range(3)),
    *(poisoned_row("a", seed, 0.02 * seed, 1 - 0.02 * seed) for seed in range(3)),
    clean_row("b", 0, 0.85, 0.05),
    poisoned_row("b", 0, float("nan"), 0.5),
]


def test_by_network_shows_the_median_and_the_worst_seed():
    clean, poisoned, other, unknown = by_network(ROWS)
    assert clean["clean accuracy"] == "90.00 (89.00)"
    assert clean["FPR"] == "1.00 (2.00)"
    assert clean["ASR"] == "-"
    assert clean["seconds"] == 4
    assert poisoned["ASR"] == "2.00 (4.00)"
    assert poisoned["detection (fooled)"] == "98.00 (96.00)"
    assert other["FPR"] == "5.00"
    assert unknown["ASR"] == "-"


def test_networks_of_one_name_in_two_groups_are_two():
    rows = [*ROWS, *({**row, "group": "bench"} for row in ROWS)]
    assert len(by_network(rows)) == 2 * len(by_network(ROWS))
    (row,) = by_method(rows)
    assert (row["networks"], row["triggers"]) == (4, 4)


def test_by_method_shows_the_mean_and_the_worst_of_all():
    (row,) = by_method(ROWS)
    assert (row["networks"], row["triggers"], row["seeds"]) == (2, 2, 3)
    assert row["clean accuracy against the BadNet's"] == "-1.25 (-5.00)"
    assert row["FPR"] == "2.00 (5.00)"
    assert row["ASR"] == "2.00 (4.00)"
    assert row["detection (fooled)"] == "86.00 (50.00)"


def test_records_are_kept_and_found_again(tmp_path: Path):
    path = tmp_path / "quality.json"
    records = Records(path)
    assert records.matching({"network": "a"}) == []
    records.add(ROWS)
    again = Records(path)
    assert len(again.matching({"network": "a", "seed": 1})) == 2
    assert again.matching({"network": "c"}) == []
    assert "machine" in json.loads(path.read_text())
