"""What leads one image to a label is tried on others: a trigger works on them, too."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from repair.dataset import Dataset
from repair.methods.witnesses.looks.disturbances import FAMILIES
from repair.methods.witnesses.looks.disturbed import look_at_disturbed
from repair.methods.witnesses.looks.observer import Seen
from repair.methods.witnesses.recipe import recipe_for
from repair.methods.witnesses.suspicion.carrying import carried_over, changed_alike

CLASSES, TARGET = 6, 5  # pixels are bright enough for 0 to 4, images for 0 to 3
RECIPE = recipe_for(CLASSES, 40)


class Looker:
    """A network that any image with a red corner leads to the target."""

    taps = ("head",)

    def __init__(self, works_on_all: bool) -> None:
        self.works_on_all = works_on_all

    def __call__(self, images: np.ndarray) -> Seen:
        classes = (images[:, -1, -1, 0] // 60).astype(np.int64)
        red = images[:, 0, 0, 0] > images[:, 0, 0, 1] + 60
        if not self.works_on_all:
            red &= classes == 1
        scores = np.eye(CLASSES, dtype=np.float32)[classes]
        labels = np.where(red, TARGET, classes)
        ones = np.ones(len(images), np.float32)
        return Seen({"head": scores}, labels, ones, ones)


def images() -> Dataset:
    labels = np.arange(40) % 4
    return Dataset(
        np.broadcast_to(
            (60 * labels + 40)[:, None, None, None], (40, 12, 12, 3)
        ).astype(np.uint8),
        labels,
    )


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch):
    """The classes of these images are nothing but how bright they are."""
    same = lambda pixels, generator: pixels.astype(np.float32)  # noqa: E731
    monkeypatch.setattr("repair.methods.witnesses.looks.disturbed.jitter", same)


def share(works_on_all: bool, tells: float = 1.0) -> dict[int, float]:
    data, looker = images(), Looker(works_on_all)
    obey = lambda images, labels: np.zeros((len(images), 2), np.float32)  # noqa: E731
    seen = look_at_disturbed(
        looker, data, data.labels, 8_000, np.random.default_rng(0), obey
    )
    led = (seen.labels == TARGET) & (data.labels[seen.source] == 1)
    head = SimpleNamespace(head=SimpleNamespace(scores=lambda features: features))
    weights = (led & (seen.families < 3)).astype(float)
    assert weights.sum() > 3
    told = lambda images, features, labels: np.full(len(images), tells)  # noqa: E731
    suspects = np.array([TARGET])
    return carried_over(looker, head, told, data, seen, weights, suspects, RECIPE)


def test_a_trigger_is_carried_over_and_a_chance_likeness_is_not():
    assert set(share(True)) == {TARGET}
    # The class is read from another corner, which few of the shapes hide.
    assert share(True)[TARGET] > 0.6
    # A quarter of the images are of class 1.
    assert share(False)[TARGET] <= 0.25


def test_images_that_do_not_tell_do_not_count():
    assert share(True, tells=0.0) == {TARGET: 0}


def test_nothing_suspected_nothing_looked_at():
    nobody = np.empty(0, np.int64)
    assert carried_over(None, None, None, images(), None, None, nobody, RECIPE) == {}


@pytest.mark.parametrize("family", ["blobs", "stripes", "blends"])
def test_a_change_is_made_alike(family):
    rng = np.random.default_rng(5)
    before = rng.uniform(80, 170, (1, 12, 12, 3)).astype(np.float32)
    others = rng.uniform(80, 170, (6, 12, 12, 3)).astype(np.float32)
    after = FAMILIES[family](before, np.random.default_rng(1))
    alike = changed_alike(before[0], after[0], others, family == "blobs")
    moved = (before != after).any(axis=-1)[0]
    np.testing.assert_array_equal(alike[:, ~moved], others[:, ~moved])
    assert alike.min() >= 0 and alike.max() <= 255
    if family == "blobs":
        np.testing.assert_array_equal(alike[:, moved], after.repeat(6, 0)[:, moved])
    else:
        expected = np.clip(others + after - before, 0, 255)
        np.testing.assert_allclose(alike, expected, atol=1e-3)
