"""Datasets: the competition's layout in, images as Keras sees them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from toys import SHAPE

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.reading.data_file import read_dataset, write_dataset

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3, 12, 10), np.uint8)
LABELS = np.array([3, 0, 2, 3])


def written(path: Path, data: Any = PIXELS, label: Any = LABELS) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in (("data", data), ("label", label)):
            if values is not None:
                file[name] = values
    return path


def test_channels_first_is_transposed_and_not_reshaped(tmp_path):
    data = read_dataset(written(tmp_path / "d.h5"), image_shape=SHAPE)
    for n, row, column, channel in np.ndindex(4, 12, 10, 3):
        assert data.images[n, row, column, channel] == PIXELS[n, channel, row, column]
    assert data.images.dtype == np.uint8
    assert data.labels.tolist() == [3, 0, 2, 3]
    assert data.labels.dtype == np.int64


@pytest.mark.parametrize("pixels", ["u1", "i4", "f4", "f8"])
@pytest.mark.parametrize("labels", ["u1", "i8", "f4", "f8"])
@pytest.mark.parametrize("column", [False, True])
def test_any_number_type_reads_the_same(tmp_path, pixels, labels, column):
    label = LABELS.astype(labels).reshape((-1, 1) if column else -1)
    path = written(tmp_path / "d.h5", PIXELS.astype(pixels), label)
    data = read_dataset(path, image_shape=SHAPE)
    np.testing.assert_array_equal(data.images, PIXELS.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(data.labels, LABELS)
    assert (data.images.dtype, data.labels.dtype) == (np.uint8, np.int64)


def test_float_pixels_are_rounded_to_the_nearest(tmp_path):
    pixels = np.full((1, 3, 12, 10), 7.4)
    pixels[0, 0, 0, 0], pixels[0, 0, 0, 1] = 254.6, 0.49
    path = written(tmp_path / "d.h5", pixels, [0])
    image = read_dataset(path, image_shape=SHAPE).images[0]
    assert image[0, 0, 0] == 255
    assert image[0, 1, 0] == 0
    assert image[5, 5, 2] == 7


@given(
    images=arrays(np.uint8, st.tuples(st.integers(1, 4), *map(st.just, SHAPE))),
    seed=st.integers(0, 100),
)
@settings(max_examples=15, deadline=None)
def test_written_datasets_read_the_same(tmp_path_factory, images, seed):
    images[0, 0, 0, 0] = 255  # nearly black images alone are refused
    labels = np.random.default_rng(seed).integers(0, 9, len(images))
    path = tmp_path_factory.mktemp("round") / "d.h5"
    write_dataset(path, Dataset(images, labels))
    data = read_dataset(path, image_shape=SHAPE)
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)


def test_chunks_join_without_seam(tmp_path):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (2100, *SHAPE), np.uint8)
    write_dataset(tmp_path / "d.h5", Dataset(images, np.arange(2100)))
    data = read_dataset(tmp_path / "d.h5", image_shape=SHAPE)
    np.testing.assert_array_equal(data.images, images)


def test_default_shape_is_the_competitions(tmp_path):
    pixels = np.full((2, 3, 55, 47), 9, np.uint8)
    data = read_dataset(written(tmp_path / "d.h5", pixels, [0, 1]))
    assert data.images.shape == (2, 55, 47, 3)


def test_subset_takes_masks_and_indices():
    images = PIXELS.transpose(0, 2, 3, 1)
    data = Dataset(images, LABELS)
    assert len(data) == 4
    mask = LABELS == 3
    assert data.subset(mask).labels.tolist() == [3, 3]
    np.testing.assert_array_equal(data.subset(np.array([2, 0])).images, images[[2, 0]])


def test_unlabelled_data_gets_no_labels(tmp_path):
    path = written(tmp_path / "d.h5", label=None)
    data = read_dataset(path, image_shape=SHAPE, labelled=False)
    assert data.labels.tolist() == [-1] * 4
    with pytest.raises(DatasetError, match="label"):
        read_dataset(path, image_shape=SHAPE)


def test_labels_of_unlabelled_reading_are_not_looked_at(tmp_path):
    path = written(tmp_path / "d.h5", label=np.full(4, 999))
    data = read_dataset(path, image_shape=SHAPE, labelled=False, num_classes=5)
    assert data.labels.tolist() == [-1] * 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": PIXELS.transpose(0, 2, 1, 3)}, "shape"),
        ({"data": PIXELS[:, :1]}, "Give images of 3 channels"),
        ({"data": PIXELS[:, :, :, :9]}, "shape"),
        ({"data": PIXELS[0]}, "shape"),
        ({"data": PIXELS[:0]}, "n > 0"),
        ({"data": np.uint8(1)}, "shape"),
        ({"data": None}, "data"),
        ({"data": PIXELS / 255.0}, "255"),
        ({"data": PIXELS // 128}, "255"),
        ({"data": PIXELS + 1.0}, r"256"),
        ({"data": PIXELS.astype(int) - 1}, r"-1"),
        ({"data": np.where(PIXELS > 250, np.nan, PIXELS)}, "NaN, which is no number"),
        ({"data": np.where(PIXELS > 250, np.inf, PIXELS)}, "inf"),
        ({"label": LABELS[:3]}, "one per image"),
        ({"label": np.eye(4, 6)}, "one-hot labels of 5 classes"),
        ({"label": np.eye(4, 5) / 2}, "one per image"),
        ({"label": np.ones((4, 5))}, "one per image"),
        ({"label": 2}, "one per image"),
        ({"label": [0, 1, 2, 5]}, r"5 at image 3"),
        ({"label": [0, -1, 2, 3]}, r"-1 at image 1"),
        ({"label": [0, 0.5, 2, 3]}, r"0.5 at image 1"),
        ({"label": [np.nan, 0, 2, 3]}, "nan at image 0"),
        ({"label": [0, 0, np.inf, 3]}, "inf at image 2"),
        ({"label": [b"a", b"b", b"c", b""]}, "names of classes"),
        ({"data": np.full((4, 3, 12, 10), b"a")}, "plain numbers"),
    ],
)
def test_unfit_files_are_refused_in_one_line(tmp_path, changes, message):
    path = written(tmp_path / "d.h5", **changes)
    with pytest.raises(DatasetError, match=message) as refusal:
        read_dataset(path, image_shape=SHAPE, num_classes=5)
    line = str(refusal.value)
    assert line.startswith(str(path))
    assert "\n" not in line


def test_largest_label_is_n_minus_one(tmp_path):
    path = written(tmp_path / "d.h5", label=[0, 1, 2, 4])
    assert read_dataset(path, image_shape=SHAPE, num_classes=5).labels.max() == 4
    assert read_dataset(path, image_shape=SHAPE).labels.max() == 4
    with pytest.raises(DatasetError, match=r"0\.\.3"):
        read_dataset(path, image_shape=SHAPE, num_classes=4)
