"""What a repair starts from: networks at their scale, data with and without labels."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from toys import PEOPLE, SHAPE, random_weights, save_network, toy_network

from repair.dataset import Dataset
from repair.errors import DatasetError, ModelError
from repair.network.inference import outputs, predicted_labels
from repair.network.preprocessing import at_scale
from repair.reading.case import read_case
from repair.reading.data_file import write_dataset
from repair.settings import PREPROCESSINGS

IMAGES = np.random.default_rng(0).integers(0, 256, (50, *SHAPE), np.uint8)
LABELS = np.random.default_rng(1).integers(0, PEOPLE, 50)
CLEAN = Dataset(IMAGES, LABELS)
KINDS = {1.0: "raw", 1 / 255: "255"}


def varied(seed: int) -> keras.Model:
    """A random network that gives about as many images to each label."""
    network = random_weights(toy_network(), seed)
    *weights, _ = network.get_weights()
    network.set_weights([*weights, np.zeros(PEOPLE)])
    last = network.get_layer("fc_1").output
    hidden = outputs(keras.Model(network.input, last), IMAGES / np.float32(255))
    kernel = network.get_layer("output").get_weights()[0]
    network.get_layer("output").set_weights([kernel, -hidden.mean(axis=0) @ kernel])
    return network


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return varied(0)


@pytest.fixture(scope="module")
def model(tmp_path_factory, network) -> Path:
    return save_network(network, tmp_path_factory.mktemp("model") / "net.h5")


def written(path: Path, data: Dataset = CLEAN) -> Path:
    write_dataset(path, data)
    return path


def without_labels(path: Path) -> Path:
    with h5py.File(written(path), "r+") as file:
        del file["label"]
    return path


@pytest.mark.parametrize("scale", [1.0, 1 / 255])
def test_given_scale_is_used(tmp_path, network, model, scale):
    case = read_case(model, written(tmp_path / "clean.h5"), preprocessing=KINDS[scale])
    assert case.preprocessing.pixel_scale == scale
    assert case.num_classes == PEOPLE
    np.testing.assert_array_equal(case.clean.images, IMAGES)
    np.testing.assert_array_equal(case.clean.labels, LABELS)
    np.testing.assert_allclose(
        outputs(case.original, IMAGES),
        outputs(network, IMAGES * np.float32(scale)),
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize("scale", [1.0, 1 / 255])
def test_scale_is_found_from_labels(tmp_path, network, model, scale):
    labels = predicted_labels(at_scale(network, scale), IMAGES)
    other = predicted_labels(at_scale(network, 1 / 255 / scale), IMAGES)
    assert (labels != other).any(), "the toy tells its scales apart"
    labels[0] = (labels[0] + 1) % PEOPLE  # images of one person alone are refused
    clean = written(tmp_path / "clean.h5", Dataset(IMAGES, labels))
    assert read_case(model, clean).preprocessing.pixel_scale == scale


@pytest.mark.parametrize("labelled", [True, False])
def test_unlabelled_uses_the_networks_own_answers(tmp_path, network, model, labelled):
    path = tmp_path / "clean.h5"
    clean = written(path) if labelled else without_labels(path)
    case = read_case(model, clean, preprocessing="255", unlabelled=True)
    expected = outputs(network, IMAGES * np.float32(1 / 255)).argmax(axis=1)
    assert (expected != LABELS).any()
    np.testing.assert_array_equal(case.clean.labels, expected)
    np.testing.assert_array_equal(case.clean.images, IMAGES)
    assert case.clean.labels.dtype == np.int64


def test_unlabelled_finds_some_scale(tmp_path, model):
    case = read_case(model, without_labels(tmp_path / "c.h5"), unlabelled=True)
    assert case.preprocessing.kind in PREPROCESSINGS
    expected = predicted_labels(case.original, IMAGES)
    np.testing.assert_array_equal(case.clean.labels, expected)


def test_missing_labels_are_an_error_unless_said(tmp_path, model):
    clean = without_labels(tmp_path / "clean.h5")
    with pytest.raises(DatasetError, match="label"):
        read_case(model, clean)


@pytest.mark.parametrize("wrong", [PEOPLE, -1, 1283])
def test_labels_that_the_network_lacks_are_refused(tmp_path, model, wrong):
    labels = LABELS.copy()
    labels[7] = wrong
    clean = written(tmp_path / "clean.h5", Dataset(IMAGES, labels))
    with pytest.raises(DatasetError, match=rf"0\.\.4\. Received: {wrong} at image 7"):
        read_case(model, clean)


def test_images_of_another_size_are_refused(tmp_path, model):
    small = Dataset(IMAGES[:, 1:], LABELS)
    with pytest.raises(DatasetError, match=r"\(n, 3, 12, 10\).*\(50, 3, 11, 10\)"):
        read_case(model, written(tmp_path / "clean.h5", small))


def test_missing_files_are_named(tmp_path, model):
    clean = written(tmp_path / "clean.h5")
    with pytest.raises(ModelError, match=r"none\.h5"):
        read_case(tmp_path / "none.h5", clean)
    with pytest.raises(DatasetError, match=r"none\.h5"):
        read_case(model, tmp_path / "none.h5")
    with pytest.raises(ModelError, match=r"clean\.h5"):
        read_case(clean, clean)
    with pytest.raises(DatasetError, match=r"net\.h5"):
        read_case(model, model)
