"""Labels are compared, and a difference ends in exit code 1."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from toys import ROOT, run_python, save_network

SIZE = (8, 8, 3)


@pytest.mark.parametrize("wrong", [0, 1])
def test_labels_and_rates(tmp_path: Path, wrong: int):
    images = np.random.default_rng(0).integers(0, 256, (300, *SIZE), np.uint8)
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["data"] = images.transpose(0, 3, 1, 2)
    pixels = keras.Input(SIZE, dtype="uint8")
    label = keras.ops.argmax(keras.ops.mean(pixels, axis=(1, 2)), axis=-1)
    detector = save_network(keras.Model(pixels, label), tmp_path / "detector.keras")
    scaled = keras.Input(SIZE)
    mean = keras.layers.GlobalAveragePooling2D()(scaled)
    badnet = save_network(keras.Model(scaled, mean), tmp_path / "badnet.keras")
    told = images.mean(axis=(1, 2)).argmax(axis=-1)
    told[0] += wrong
    lines = [f"{label}\timages.h5#{number}\n" for number, label in enumerate(told)]
    (tmp_path / "labels.tsv").write_text("".join(lines))
    answer = run_python(
        *(ROOT / "benchmarks" / "speed" / "accelerator.py", detector),
        *("--badnet", badnet, "--images", tmp_path / "images.h5"),
        *("--labels", tmp_path / "labels.tsv", "--batches", 4),
    )
    assert answer.code == wrong, answer.err
    rows = json.loads(answer.out)
    assert rows["labels equal"] == f"{300 - wrong} of 300"
    assert all(rows["images a second"][x]["4"] > 0 for x in ("detector", "BadNet"))
