"""Real networks, where they lie beside the repository or at ``BENCH_DIR``."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from toys import ROOT

from repair.dataset import Dataset
from repair.network.find_preprocessing import find_preprocessing
from repair.network.inference import outputs, predicted_labels
from repair.network.preprocessing import at_scale
from repair.reading.data_file import read_dataset
from repair.reading.network_file import read_network

SHARED = ROOT.parent / "shared"
BENCH = Path(os.environ.get("BENCH_DIR", SHARED / "bench"))
REAL = SHARED / "real"
NAMES = ("sunglasses", "multi_trigger_multi_target", "anonymous_1", "anonymous_2")
CASES = [(BENCH / "models", name) for name in NAMES]
CASES += [(REAL, name) for name in (*NAMES, "lab3")]
OTHERS = ("keras24_repaired", "keras27_repaired")


def needed(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(scope="module")
def faces() -> Dataset:
    data = read_dataset(needed(BENCH / "data" / "clean_validation_data.h5"))
    return data.subset(np.arange(0, len(data), 20))


@pytest.mark.parametrize(("folder", "name"), CASES)
def test_network_and_its_weights_give_identical_labels(folder, name, faces):
    full = read_network(needed(folder / f"{name}_bd_net.h5"))
    weights = read_network(needed(folder / f"{name}_bd_weights.h5"))
    people = 1283 if folder == REAL else 500
    assert full.output_shape == weights.output_shape == (None, people)
    scaled = [at_scale(network, 1 / 255) for network in (full, weights)]
    one, other = (outputs(network, faces.images) for network in scaled)
    np.testing.assert_array_equal(one, other)
    assert len(np.unique(one.argmax(axis=1))) > 3


@pytest.mark.parametrize("name", NAMES)
def test_scale_is_found_with_and_without_labels(name, faces):
    network = read_network(needed(BENCH / "models" / f"{name}_bd_net.h5"))
    assert find_preprocessing(network, faces).preprocessing.pixel_scale == 1 / 255
    nameless = Dataset(faces.images, np.full(len(faces), -1))
    assert find_preprocessing(network, nameless).preprocessing.pixel_scale == 1 / 255
    answers = predicted_labels(at_scale(network, 1 / 255), faces.images)
    assert (answers == faces.labels).mean() > 0.95


def test_raw_scale_is_found_without_labels(faces):
    network = read_network(needed(REAL / "lab3_bd_net.h5"))
    nameless = Dataset(faces.images, np.full(len(faces), -1))
    assert find_preprocessing(network, nameless).preprocessing.pixel_scale == 1


@pytest.mark.parametrize("name", OTHERS)
def test_networks_of_other_keras_versions_are_read(name, faces):
    network = read_network(needed(REAL / f"{name}.h5"))
    scores = outputs(at_scale(network, 1 / 255), faces.images[:20])
    assert scores.shape[1] >= 1283
    assert np.isfinite(scores).all()


def test_validation_data_is_read_whole():
    data = read_dataset(
        needed(BENCH / "data" / "clean_validation_data.h5"), num_classes=500
    )
    assert data.images.shape == (4500, 55, 47, 3)
    assert len(np.unique(data.labels)) == 500
