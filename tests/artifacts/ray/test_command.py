"""What ``python -m artifacts.ray`` says before it imports Ray, so also where that is not."""

from __future__ import annotations

import importlib.util
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "0.png"
    path.touch()
    return path


def test_what_is_wrong_at_once(run_here, artifact, image, tmp_path):
    output = tmp_path / "out"
    command = ("artifacts.ray", artifact)
    answer = run_here(*command, image, "--output", output, "--resise")
    assert answer.code == 2
    assert "unrecognized arguments: --resise" in answer.err
    answer = run_here("artifacts.ray", tmp_path, image, "--output", output)
    assert (answer.code, "card.json" in answer.error) == (2, True)
    answer = run_here(*command, "no.png", "no/*.png", "--output", output)
    assert (answer.code, "no such file" in answer.error) == (2, True)
    answer = run_here(*command, image, "-", "--output", output)
    assert (answer.code, "Received: stdin" in answer.error) == (2, True)
    answer = run_here(*command, image, "--output", output, "--images-per-file", "0")
    assert (answer.code, "--images-per-file" in answer.err) == (2, True)
    answer = run_here(*command, image, "--output", output, "--json", "--parquet")
    assert (answer.code, "not allowed with" in answer.err) == (2, True)


def test_older_results_are_refused(run_here, artifact, image, tmp_path, monkeypatch):
    def find(name: str, *rest: object) -> object:
        return name if name in ("ray", "pyarrow") else find_spec(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    (tmp_path / "out-errors-00000-of-00001.tsv").touch()
    answer = run_here("artifacts.ray", artifact, image, "--output", tmp_path / "out")
    assert (answer.code, "older results" in answer.error) == (2, True)


def test_missing_package_is_named(run_here, artifact, image, tmp_path, monkeypatch):
    def find(name: str, *rest: object) -> object:
        return None if name == "ray" else find_spec(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    answer = run_here("artifacts.ray", artifact, image, "--output", tmp_path / "x")
    assert answer.code == 2
    assert "expected the package ray" in answer.error
    assert "pip install -e .[ray]" in answer.error
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]
