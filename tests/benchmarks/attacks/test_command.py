"""``python -m benchmarks.attacks``: what it writes, and that it does not train twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toys import PEOPLE, save_network, toy_network, toy_people

from benchmarks.attacks import __main__ as command
from benchmarks.attacks.index import read_index
from benchmarks.attacks.labelled import Labelled, read_labelled, write_labelled
from benchmarks.attacks.plans.plan import Plan
from benchmarks.attacks.recipe import Training

PLANS = {
    "cifar10": {
        "design": (
            Plan(
                "square",
                (("white_square", {}), ("frame", {"width": 1})),
                training=Training(epochs=1, fraction=0.5),
            ),
        ),
        "held_out": (
            Plan("again", start="square", target="start's", training=Training(1)),
        ),
    }
}


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    for folder in ("data", "models"):
        (tmp_path / "bench" / folder).mkdir(parents=True)
    for name, seed in (("attacker_train", 1), ("clean_test", 2)):
        people = toy_people(6, seed=seed)
        data = Labelled(people.images, people.labels)
        write_labelled(tmp_path / "bench" / "data" / f"{name}_data.h5", data)
    save_network(toy_network(), tmp_path / "bench" / "models" / "base.h5")
    return tmp_path / "bench"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_zoo_is_written_and_taken_up(bench: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(command, "PLANS", PLANS)
    out = tmp_path / "zoo"
    options = ["cifar10", "--bench", str(bench), "--out", str(out)]
    with pytest.raises(SystemExit, match="again starts from square"):
        command.main([*options, "--only", "again"])
    command.main(options)
    square, again = read_index(out)
    assert [square.group, again.group] == ["design", "held_out"]
    assert list(square.poisoned) == list(again.poisoned) == ["white_square", "frame"]
    assert square.attack["training"]["epochs"] == 1
    test = read_labelled(out / square.clean_test)
    data = read_labelled(out / square.poisoned["white_square"])
    target = square.attack["backdoors"]["white_square"]["target"]
    assert 0 <= target < PEOPLE
    assert (data.labels == target).all()
    assert len(data) == (test.labels != target).sum()
    white = (data.images == 255).all(axis=-1)
    assert (white.sum(axis=(1, 2)) >= 9).all()
    assert "square: clean accuracy" in capsys.readouterr().err
    before = (out / square.model).read_bytes()
    command.main([*options, "--only", "square"])
    assert (out / square.model).read_bytes() == before
    assert np.isclose(read_index(out)[-1].clean_accuracy, square.clean_accuracy)
