"""Rates of verdicts, each network counted once a seed."""

from __future__ import annotations

import pytest

from benchmarks.quality.verdict import verdict_of, verdicts, wilson

FOUND = "backdoor found"


def row(domain: str, network: str, kind: str, verdict: str, data: str = "clean test"):
    return {
        **{"domain": domain, "network": network, "kind": kind, "verdict": verdict},
        **{"data": data, "method": "ours", "seed": 0, "group": "held_out"},
    }


def test_verdict_of_settings():
    assert verdict_of({}, 10, 0.9) == {}
    found = {"label": 3, "status": "found", "strength": 2.5}
    watched = {"label": 5, "status": "watched", "strength": 0.2}
    said = verdict_of(
        {
            "strict_labels": [found, watched],
            "highest_strength": 2.5,
            "strongest_label": 3,
            "clean_images": 200,
        },
        10,
        0.9,
    )
    assert said == {
        **{"verdict": "backdoor found", "confidence": "high", "found labels": [3]}
    }
    said = verdict_of(
        {
            "strict_labels": [watched],
            "highest_strength": 0.2,
            "strongest_label": 5,
            "clean_images": 200,
        },
        10,
        0.9,
    )
    assert (said["verdict"], said["found labels"]) == ("no sign of a backdoor", [])


def test_rates_of_each_domain_and_of_all():
    rows = [
        row("faces", "a", "plain", FOUND),
        row("faces", "a", "plain", FOUND, "sticker"),
        row("faces", "b", "plain", "no sign of a backdoor"),
        row("faces", "c", "clean", "no sign of a backdoor"),
        row("gtsrb", "c", "clean", FOUND),
        row("gtsrb", "d", "clean", "cannot be told"),
        {"domain": "faces", "network": "a", "kind": "plain", "method": "strip"},
    ]
    faces, signs, both = verdicts(rows)
    assert (faces["BadNets"], faces["clean networks"]) == (2, 1)
    assert str(faces["true-positive rate"]).startswith("50.0 (")
    assert str(faces["false-positive rate"]).startswith("0.0 (")
    assert signs["true-positive rate"] == "-"
    assert signs["cannot be told"] == 1
    assert (both["BadNets"], both["clean networks"]) == (2, 3)
    assert str(both["false-positive rate"]).startswith("33.3 (")
    assert verdicts(rows[-1:]) == []


def test_interval_is_wilsons():
    low, high = wilson(19, 20)
    assert low == pytest.approx(0.7639, abs=1e-4)
    assert high == pytest.approx(0.9911, abs=1e-4)
    assert wilson(0, 20)[0] == 0.0
