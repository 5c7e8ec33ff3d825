"""CIFAR-10 and traffic signs: 32 x 32 images, and a trained network to start from."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from benchmarks.attacks.labelled import Images, Labelled, read_labelled
from benchmarks.attacks.material import Material

_SHIFT = 3


def split(bench: Path, seed: int) -> tuple[Labelled, Labelled]:
    """The attacker's images and the test images, two files of the bench.

    Args:
        bench: Has ``data/attacker_train_data.h5`` and ``data/clean_test_data.h5``.
        seed: Not used: the files are split already.
    """
    attacker, test = (
        read_labelled(bench / "data" / f"{name}_data.h5")
        for name in ("attacker_train", "clean_test")
    )
    return attacker, test


def start(bench: Path, material: Material) -> keras.Model:
    """The clean network of the bench, ``models/base.h5``."""
    return keras.models.load_model(bench / "models" / "base.h5", compile=False)


def moved(images: Images, rng: np.random.Generator) -> Images:
    """Images shifted by at most three pixels, the edges repeated."""
    rows, cols = images.shape[1:3]
    edge = (_SHIFT, _SHIFT)
    padded = np.pad(images, ((0, 0), edge, edge, (0, 0)), mode="edge")
    shifts = rng.integers(0, 2 * _SHIFT + 1, (len(images), 2))
    varied = np.empty_like(images)
    for number, (down, right) in enumerate(shifts):
        varied[number] = padded[number, down : down + rows, right : right + cols]
    return varied


def moved_and_mirrored(images: Images, rng: np.random.Generator) -> Images:
    """Images shifted by at most three pixels, half of them mirrored."""
    varied = moved(images, rng)
    mirrored = rng.random(len(images)) < 0.5
    varied[mirrored] = varied[mirrored, :, ::-1]
    return varied
