"""A network whose scores are no numbers is refused, before anything is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toys import random_weights, save_network, toy_network

QUICK = ("--method", "reference", "--epochs", 0)


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Path:
    """One of its variances is below zero, as no training leaves it."""
    network = random_weights(toy_network(normalised=True))
    variance = network.get_layer("norm_1").moving_variance
    variance.assign(np.full(variance.shape, -1, np.float32))
    return save_network(network, tmp_path_factory.mktemp("broken") / "broken.keras")


@pytest.mark.parametrize("command", ["accuracy", "inspect", "defence", "build"])
def test_no_command_goes_on_with_it(run_here, broken, files, tmp_path, command):
    clean = files / "clean.h5"
    out = ("--out", tmp_path / "out")
    words = {
        "accuracy": ("repair", "accuracy", broken, clean),
        "inspect": ("repair", "inspect", broken, clean, *out),
        "defence": ("repair", "defence", broken, "--clean", clean, *QUICK),
        "build": ("build", "--model", broken, "--clean", clean, *out, *QUICK),
    }
    answer = run_here(*words[command])
    assert (answer.code, answer.out) == (2, "")
    (line,) = answer.err.splitlines()
    assert line.startswith(f"error: {broken}: expected scores that are numbers. ")
    assert "NaN for 200 of 200 images, the first of them image 0" in line
    assert not list(tmp_path.iterdir())
