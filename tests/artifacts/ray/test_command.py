"""What ``python -m artifacts.ray`` says before it imports Ray, so also where that is not."""

from __future__ import annotations

import socket
import sys
import types
from importlib.util import find_spec
from pathlib import Path

import pytest

from artifacts import packages


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


def test_names_that_the_card_does_not_know(run_here, artifact, image, tmp_path, fake):
    options = ("--output", tmp_path / "out", "--names")
    answer = run_here("artifacts.ray", artifact, image, *options)
    assert (answer.code, "--names: expected a detector" in answer.error) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]


def test_older_results_are_refused(run_here, artifact, image, tmp_path, fake):
    (tmp_path / "out-errors-00000-of-00001.tsv").touch()
    answer = run_here("artifacts.ray", artifact, image, "--output", tmp_path / "out")
    assert (answer.code, "older results" in answer.error) == (2, True)


def test_missing_package_is_named(run_here, artifact, image, tmp_path, monkeypatch):
    def find(name: str, *rest: object) -> object:
        return None if name == "ray" else find_spec(name, *rest)

    monkeypatch.setattr(packages, "find_spec", find)
    answer = run_here("artifacts.ray", artifact, image, "--output", tmp_path / "x")
    assert answer.code == 2
    assert "not installed: ray" in answer.error
    assert "pip install -e '.[ray]'" in answer.error
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Stands in for Ray, whether that is installed or not."""

    def find(name: str, *rest: object) -> object:
        return name if name in ("ray", "pyarrow") else find_spec(name, *rest)

    fake = types.ModuleType("ray")
    monkeypatch.setitem(sys.modules, "ray", fake)
    monkeypatch.setitem(sys.modules, "artifacts.ray.cluster", types.ModuleType("x"))
    monkeypatch.setattr(packages, "find_spec", find)
    return fake


def test_cluster_that_can_not_be_had_is_one_line(
    run_here, artifact, image, tmp_path, fake
):
    """Whatever Ray raises: where a machine is too busy, it is a plain ``Exception``."""

    def init(**_: object) -> None:
        raise Exception("The current node timed out\nduring startup.")

    fake.init = init
    answer = run_here("artifacts.ray", artifact, image, "--output", tmp_path / "x")
    assert answer.code == 2
    assert "Received: The current node timed out during startup." in answer.error
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]


def test_address_where_nobody_listens_is_told_at_once(
    run_here, artifact, image, tmp_path, fake
):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    options = ("--output", tmp_path / "x", "--address", address)
    answer = run_here("artifacts.ray", artifact, image, *options)
    assert (answer.code, "Connection refused" in answer.error) == (2, True)
