"""What ``docs/extending.md`` says to write does work, and in so few places."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from toys import ROOT

from build.fusing.fusion import fuse
from repair.dataset import Dataset
from repair.methods import choose
from repair.methods.repair import Repair
from repair.methods.witnesses.looks import disturbances
from repair.settings import Settings

PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")
DISTURBANCE, METHOD = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PLACES = re.findall(r"`((?:build|repair|benchmarks)/[\w/]+(?:\.py|/))`", PAGE)


def test_page_is_short():
    assert len(PAGE.splitlines()) <= 40


@pytest.mark.parametrize("place", PLACES)
def test_places_are_there(place):
    assert (ROOT / place).exists() or "untouched" in place


def test_a_new_disturbance_is_a_function_and_a_line(monkeypatch, clean):
    known = {"np": np}
    exec(DISTURBANCE, known)  # noqa: S102 - as the page has it
    monkeypatch.setattr(disturbances, "FAMILIES", {"grain": known["grain"]})
    images = clean.images[:20].astype(np.float32)
    kept = images.copy()
    disturbed, family = disturbances.disturb(images, np.random.default_rng(0))
    np.testing.assert_array_equal(images, kept)
    assert (family == 0).all()
    changed = (disturbed != images).any(axis=-1)
    assert 0.005 < changed.mean() < 0.05
    assert (disturbed[changed] == 0).all()


def test_a_new_method_is_a_function_and_a_line(monkeypatch, badnet, clean):
    known = {"keras": keras, "Dataset": Dataset, "Settings": Settings, "Repair": Repair}
    exec(METHOD, known)  # noqa: S102
    monkeypatch.setattr(choose, "_METHODS", {"untouched": known["untouched"]})
    repair = choose.repair_network("untouched", badnet, clean, Settings())
    labels = fuse(badnet, repair)(clean.images[:20], training=False)["label"]
    own = badnet.predict(clean.images[:20].astype(np.float32), verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(labels, own)
