"""An artifact that is replaced, removed or edited while it is loaded: one, or none."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toys import ROOT

from artifacts.card import Artifact, read_artifact
from artifacts.errors import DetectorError
from artifacts.runtime import load as loading
from repair.measuring import saved_detector

ONE, OTHER = ROOT / "artifacts" / "multi", ROOT / "artifacts" / "sunglasses"
Change = Callable[[Path], object]
_WATCHED = {"open", "os.listdir", "os.scandir"}


class Steps:
    """Does something at one of the steps in which Python opens a file or folder."""

    def __init__(self) -> None:
        self._action: Callable[[], object] | None = None
        self.left = 0
        sys.addaudithook(self._step)  # for good; idle between uses

    def arm(self, number: int, action: Callable[[], object]) -> None:
        self.left, self._action = number, action

    def _step(self, event: str, _: Any) -> None:
        if self._action is None or event not in _WATCHED:
            return
        self.left -= 1
        if self.left < 0:
            action, self._action = self._action, None
            action()


@pytest.fixture(scope="module")
def steps() -> Steps:
    return Steps()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, 55, 47, 3), np.uint8)


@pytest.fixture
def place(tmp_path) -> Path:
    shutil.copytree(ONE, tmp_path / "toy")
    shutil.copytree(OTHER, tmp_path / "next")
    return tmp_path / "toy"


def replace(place: Path) -> None:
    """The whole folder, as a build does."""
    place.rename(place.with_name("older"))
    place.with_name("next").rename(place)


def remove(place: Path) -> None:
    shutil.rmtree(place)


def edit(place: Path) -> None:
    """Every file in place, to the other's bytes: for a while it is a mixture."""
    for path in sorted(place.with_name("next").rglob("*"), reverse=True):
        if path.is_file():
            there = place / path.relative_to(place.with_name("next"))
            there.write_bytes(path.read_bytes())


def exchange_one(place: Path) -> None:
    """The weights alone; the new file has the right size."""
    name = "variables/variables.data-00000-of-00001"
    (place.with_name("next") / name).replace(place / name)


@pytest.mark.parametrize("change", [replace, remove, edit, exchange_one])
def test_what_is_read_is_one_artifact_or_none(steps, place, change, tmp_path):
    """The change comes before each step of reading in turn, and at last after it."""
    whole = [read_artifact(folder) for folder in (ONE, OTHER)]
    for number in range(40):
        folder = tmp_path / str(number)
        for name in ("toy", "next"):
            shutil.copytree(tmp_path / name, folder / name)
        steps.arm(number, partial(change, folder / "toy"))
        try:
            found = read_artifact(folder / "toy")
            assert found._replace(folder="") in [x._replace(folder="") for x in whole]
        except DetectorError as reason:
            assert str(folder / "toy") in str(reason)
        if steps.left >= 0:
            return
    pytest.fail("more steps than expected")


def through_c(place: Path, images: np.ndarray) -> list[int]:
    return loading.load(place)(images).tolist()


def through_python(place: Path, images: np.ndarray) -> list[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BADNET_REPAIR_LOADER", "python")
        return loading.load(place)(images).tolist()


def for_figures(place: Path, images: np.ndarray) -> list[int]:
    detector = saved_detector.SavedDetector(place)
    return detector.answers(images)["detector"].tolist()


@pytest.mark.parametrize(
    ("way", "module"),
    [
        (through_c, loading),
        (through_python, loading),
        (for_figures, saved_detector),
    ],
)
def test_what_was_read_is_loaded(place, images, monkeypatch, way, module):
    """Whatever is there by then: nothing, or another."""
    expected, other = (loading.load(each)(images).tolist() for each in (ONE, OTHER))
    assert expected != other
    for change in (replace, remove):

        def read(folder: Path, change: Change = change) -> Artifact:
            artifact = read_artifact(folder)
            change(folder)
            return artifact

        monkeypatch.setattr(module, "read_artifact", read)
        assert way(place, images) == (expected if change is replace else other)
