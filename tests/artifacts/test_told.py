"""Cards that say something else than a build writes, and artifacts that are none of ours."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from toys import ROOT, toy_people

from artifacts.card import read_card
from artifacts.errors import DetectorError
from artifacts.told import odd_in

ODD: dict[str, dict[str, Any]] = {
    "name": {"name": {"a": 1}},
    "settings": {"settings": []},
    "no settings": {"settings": None},
    "strict labels": {"settings": {"strict_labels": 5}},
    "a strict label": {"settings": {"strict_labels": [{"label": 1}, 1]}},
    "its label": {"settings": {"suspicious_labels": [{"label": "1"}]}},
    "hashes": {"sha256": 3},
    "accuracy": {"clean_accuracy": "high"},
    "FPR": {"estimated_false_positive_rate": {"a": 1}},
    "verdict": {"verdict": 7},
    "headline": {"verdict": {"verdict": 3}},
    "targets": {"verdict": {"found": None}},
    "stand-in": {"stand_in": "yes"},
}


@pytest.mark.parametrize("name", ODD)
def test_what_a_card_tells_is_of_the_kind_that_is_expected(artifact, tmp_path, name):
    folder = changed(artifact, tmp_path / "toy", lambda card: card | ODD[name])
    with pytest.raises(DetectorError, match=r"card\.json: expected '.*Build it again"):
        read_card(folder)


@pytest.mark.parametrize("path", sorted(ROOT.glob("artifacts/*/card.json")))
def test_cards_of_builds_are_fine(path):
    assert odd_in(json.loads(path.read_text("utf-8"))) is None


def changed(
    artifact: Path, to: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Path:
    shutil.copytree(artifact, to)
    card = json.loads((to / "card.json").read_text("utf-8"))
    (to / "card.json").write_text(json.dumps(change(card)))
    return to


def of_other_images(card: dict[str, Any]) -> dict[str, Any]:
    return card | {"input": card["input"] | {"channels": 1}}


def commands(folder: Path, image: Path, out: Path) -> list[tuple[object, ...]]:
    return [
        ("artifacts", folder, image),
        ("artifacts", folder, image, image),
        ("artifacts", folder, image, "--why"),
        ("repair", "explain", folder, image, "--out", out),
        ("build", "export", folder, "--to", "keras", "--out", out / "x.keras"),
    ]


@pytest.mark.parametrize("what", ["other images", "no SavedModel"])
@pytest.mark.parametrize("turn", range(5))
def test_artifacts_that_are_none_of_ours_are_one_line(
    run_here, artifact, tmp_path, what, turn
):
    if what == "other images":
        folder = changed(artifact, tmp_path / "toy", of_other_images)
    else:
        folder = changed(artifact, tmp_path / "toy", dict)
        graph = folder / "saved_model.pb"
        graph.write_bytes(b"\n\x07nothing")
        card = json.loads((folder / "card.json").read_text("utf-8"))
        card["files"][graph.name] = hashlib.sha256(graph.read_bytes()).hexdigest()
        (folder / "card.json").write_text(json.dumps(card))
    image = tmp_path / "image.png"
    Image.fromarray(toy_people(1, seed=7).images[0]).save(image)
    answer = run_here(*commands(folder, image, tmp_path / "out")[turn])
    assert answer.code == 2
    assert answer.error.isprintable()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("many", [False, True])
def test_a_label_above_n_is_an_error(run_here, artifact, tmp_path, many):
    folder = changed(artifact, tmp_path / "toy", lambda card: card | {"num_classes": 1})
    paths = []
    for turn, pixels in enumerate(toy_people(1, seed=7).images[3 : 4 + many]):
        paths.append(tmp_path / f"{turn}.png")
        Image.fromarray(pixels).save(paths[-1])
    answer = run_here("artifacts", folder, *paths)
    assert answer.code == 2
    assert "expected labels 0..1, as its card says. Received: " in answer.error
