"""Data as people keep them: other keys, axes, labels, ``.npz``, pairs of ``.npy``."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from toys import SHAPE

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.reading.data_file import read_dataset, shape_in
from repair.settings import DataOptions

IMAGES = np.random.default_rng(0).integers(0, 256, (6, *SHAPE), np.uint8)
LABELS = np.array([0, 1, 2, 3, 4, 0])
GREY = IMAGES[..., :1]


def read(path: Path, shape=SHAPE, classes: int | None = 5, **options) -> Dataset:
    return read_dataset(
        path, image_shape=shape, num_classes=classes, options=DataOptions(**options)
    )


def npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path / "d.npz", **arrays)
    return path / "d.npz"


def same(data: Dataset, images: np.ndarray = IMAGES) -> None:
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, LABELS)


@pytest.mark.parametrize(
    ("images", "labels"),
    [("x_test", "y_test"), ("images", "labels"), ("X", "y"), ("pictures", "targets")],
)
def test_keys_are_found_and_said(tmp_path, images, labels, capsys):
    same(read(npz(tmp_path, **{images: IMAGES, labels: LABELS, "n": np.array(3)})))
    assert f"images are '{images}', labels '{labels}'" in capsys.readouterr().err
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file[f"group/{images}"], file[f"group/{labels}"] = IMAGES, LABELS
    keys = (("images", f"group/{images}"), ("labels", f"group/{labels}"))
    same(read(tmp_path / "d.h5", keys=keys))


def test_two_pairs_of_keys_are_doubtful(tmp_path):
    path = npz(tmp_path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
    with pytest.raises(
        DatasetError, match=r"x_train \(6, 12, 10, 3\).*--keys images=NAME"
    ):
        read(path)
    same(read(path, keys=(("images", "x_test"),)))
    same(read(path, keys=(("images", "x_test"), ("labels", "y_train"))))
    with pytest.raises(DatasetError, match="'x_val'"):
        read(path, keys=(("images", "x_val"),))


def test_axes_tell_themselves_or_are_told(tmp_path):
    same(read(npz(tmp_path, x=np.moveaxis(IMAGES, 3, 1), y=LABELS)))
    cube = np.random.default_rng(1).integers(0, 256, (6, 3, 3, 3), np.uint8)
    path = npz(tmp_path, x=cube, y=LABELS)
    with pytest.raises(DatasetError, match="--axes first or --axes last"):
        read(path, (3, 3, 3))
    same(read(path, (3, 3, 3), axes="last"), cube)
    same(read(path, (3, 3, 3), axes="first"), np.moveaxis(cube, 1, 3))


@pytest.mark.parametrize("images", [GREY, GREY[..., 0], np.moveaxis(GREY, 3, 1)])
def test_grey_images(tmp_path, images):
    path = npz(tmp_path, x=images, y=LABELS)
    same(read(path, (12, 10, 1)), GREY)
    assert shape_in(path, DataOptions()) == (12, 10, 1)


def test_turned_images_and_other_sizes_are_said(tmp_path):
    turned = npz(tmp_path, x=IMAGES.swapaxes(1, 2), y=LABELS)
    with pytest.raises(DatasetError, match="Rows and columns are turned"):
        read(turned)
    with pytest.raises(DatasetError, match="Give images of 3 channels"):
        read(npz(tmp_path, x=GREY, y=LABELS))
    large = npz(tmp_path, x=IMAGES.repeat(2, 1).repeat(2, 2), y=LABELS)
    with pytest.raises(DatasetError, match="--resize"):
        read(large)
    assert np.abs(read(large, resize=True).images - IMAGES.astype(int)).mean() < 60


def test_pixels_to_one_are_multiplied_where_fractions_tell(tmp_path, capsys):
    same(read(npz(tmp_path, x=IMAGES / np.float32(255), y=LABELS)))
    assert "multiplied by 255" in capsys.readouterr().err
    for images in (IMAGES // 128, IMAGES / 127.5 - 1, (IMAGES - 120.0) / 70):
        with pytest.raises(DatasetError, match=r"0\.\.255"):
            read(npz(tmp_path, x=images, y=LABELS))


@pytest.mark.parametrize(
    ("labels", "options", "classes"),
    [
        (LABELS + 1, {}, 5),
        (LABELS + 1, {"first_label": 1}, 9),
        (np.eye(5)[LABELS], {}, 5),
        (np.eye(5, dtype=bool)[LABELS], {}, None),
        (LABELS[:, None], {}, 5),
        (LABELS.astype(float), {}, None),
    ],
)
def test_labels_are_brought_to_zero_and_up(tmp_path, labels, options, classes):
    same(read(npz(tmp_path, x=IMAGES, y=labels), classes=classes, **options))


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        (LABELS + 2, {}),
        (np.full(6, 5), {}),
        (LABELS + 1, {"first_label": 0}),
        (LABELS, {"first_label": 1}),
        (np.eye(5)[LABELS] * 0.5, {}),
        (np.array(list("abcdef")), {}),
    ],
)
def test_doubtful_labels_are_refused(tmp_path, labels, options):
    with pytest.raises(DatasetError, match="expected"):
        read(npz(tmp_path, x=IMAGES, y=labels), **options)


def test_pairs_of_files(tmp_path):
    np.save(tmp_path / "x_test.npy", IMAGES)
    path = tmp_path / "x_test.npy"
    with pytest.raises(DatasetError, match=r"--keys labels=FILE\.npy"):
        read(path)
    np.save(tmp_path / "y_test.npy", LABELS)
    same(read(path))
    np.save(tmp_path / "others.npy", LABELS[::-1])
    other = read(path, keys=(("labels", "others.npy"),))
    np.testing.assert_array_equal(other.labels, LABELS[::-1])
    with pytest.raises(DatasetError, match="no such file"):
        read(path, keys=(("labels", "missing.npy"),))
    assert (
        read_dataset(path, image_shape=SHAPE, labelled=False).labels.tolist()
        == [-1] * 6
    )


def test_no_file_takes_its_kind_from_its_name(tmp_path):
    same(read(npz(tmp_path, x=IMAGES, y=LABELS).rename(tmp_path / "d.h5")))


def test_many_images_go_to_the_disk(tmp_path, monkeypatch):
    from repair.process import room

    monkeypatch.setattr(room, "_MEMORY", IMAGES.nbytes - 1)
    data = read(npz(tmp_path, x=IMAGES, y=LABELS))
    assert isinstance(data.images, np.memmap)
    same(data)


def test_an_error_is_all_that_is_said(tmp_path, capsys):
    path = npz(tmp_path, x_test=np.moveaxis(IMAGES, 3, 1), y_test=LABELS + 7)
    with pytest.raises(DatasetError, match="whole numbers"):
        read(path)
    assert capsys.readouterr().err == ""
