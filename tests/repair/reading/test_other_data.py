"""Data as people keep them: other keys, axes, labels, ``.npz``, pairs of ``.npy``."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from toys import SHAPE

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.reading.data_file import files_of, read_dataset, shape_in
from repair.reading.digest import digest, digest_of
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


def test_arrays_that_are_asked_for_are_found_behind_many_others(tmp_path):
    path = tmp_path / "many.h5"
    with h5py.File(path, "w") as file:
        for number in range(150):
            file[f"a{number:03}"] = [1]
        file["data"], file["label"] = np.moveaxis(IMAGES, 3, 1), LABELS
        file["x"], file["group/y"] = IMAGES, LABELS
    same(read(path))
    same(read(path, keys=(("images", "x"), ("labels", "group/y"))))


def test_arrays_deep_within_groups_count_where_nothing_else_is(tmp_path):
    path = tmp_path / "deep.h5"
    with h5py.File(path, "w") as file:
        file["a/b/c/d/e/images"], file["a/b/c/d/e/labels"] = IMAGES, LABELS
        file["a/b/c/d/e/again"] = file["a"]  # round and round
    same(read(path))
    with h5py.File(path, "a") as file:
        file["other"] = LABELS
    with pytest.raises(DatasetError, match=r"Received: other \(6,\)\. Name them"):
        read(path)
    same(read(path, keys=(("images", "a/b/c/d/e/images"), ("labels", "other"))))


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((0, *SHAPE), "There is none in it"),
        ((6, *SHAPE[:2]), "Give images of 3 channels"),
        ((6, *SHAPE[:2], 4), "Give images of 3 channels"),
        ((6, *SHAPE[1::-1], 3), "Rows and columns are turned"),
    ],
)
def test_remedies_fit_what_is_wrong(tmp_path, shape, remedy):
    path = npz(tmp_path, x=np.ones(shape, np.uint8), y=LABELS[: shape[0]])
    with pytest.raises(DatasetError, match=remedy):
        read(path)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero"])
def test_devices_are_no_files(path):
    with pytest.raises(DatasetError, match="Received: not a file"):
        read(Path(path))


def test_images_without_labels_are_not_told_to_name_them(tmp_path):
    path = npz(tmp_path, images=IMAGES, label=LABELS[:4])
    with pytest.raises(DatasetError, match=r"label \(4,\)\. Store .* --unlabelled"):
        read(path)


def test_two_pairs_of_keys_are_doubtful(tmp_path):
    path = npz(tmp_path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
    with pytest.raises(
        DatasetError,
        match=r"x_train \(6, 12, 10, 3\).*--keys images=x_test labels=y_test",
    ):
        read(path)
    same(read(path, keys=(("images", "x_test"),)))
    same(read(path, keys=(("images", "x_test"), ("labels", "y_train"))))
    with pytest.raises(DatasetError, match="'x_val'"):
        read(path, keys=(("images", "x_val"),))


ANIMALS = ("ant", "bee", "cow", "dog", "eel")
NAMES = np.array(ANIMALS)[LABELS]


def test_labels_that_are_names(tmp_path, capsys):
    for texts in (NAMES, NAMES.astype("S"), NAMES[:, None]):
        data = read(npz(tmp_path, x=IMAGES, y=texts))
        same(data)
        assert data.names == ANIMALS
    assert "names in order, ant, bee" in capsys.readouterr().err
    np.save(tmp_path / "x.npy", IMAGES)
    np.save(tmp_path / "y.npy", NAMES)
    assert read(tmp_path / "x.npy").names == ANIMALS
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["images"], file["labels"] = IMAGES, NAMES.astype(object)
    same(read(tmp_path / "d.h5"))


def test_names_are_found_among_those_of_the_classes(tmp_path):
    (tmp_path / "classes.txt").write_text("\n".join(reversed(ANIMALS)))
    path = npz(tmp_path, x=IMAGES, y=NAMES)
    options = DataOptions(classes=tmp_path / "classes.txt")
    data = read_dataset(path, image_shape=SHAPE, num_classes=5, options=options)
    assert data.labels.tolist() == [4, 3, 2, 1, 0, 4]
    (tmp_path / "classes.txt").write_text("ant\nbee\ncow\ndog\nfox")
    with pytest.raises(DatasetError, match=r"such as 'ant'\. Received: 'eel'"):
        read_dataset(path, image_shape=SHAPE, num_classes=5, options=options)


def test_names_that_are_numbers_are_numbers(tmp_path):
    data = read(npz(tmp_path, x=IMAGES, y=LABELS.astype(str)))
    same(data)
    assert data.names is None


def test_unless_they_are_names_that_were_given(tmp_path):
    names = [str(9 - label) for label in range(5)]
    (tmp_path / "names.txt").write_text("\n".join(names))
    texts = np.array([names[label] for label in LABELS])
    path = npz(tmp_path, x=IMAGES, y=texts)
    options = DataOptions(classes=tmp_path / "names.txt")
    data = read_dataset(path, image_shape=SHAPE, num_classes=5, options=options)
    np.testing.assert_array_equal(data.labels, LABELS)


def test_other_names_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"5: ant, bee.*--classes FILE"):
        read(npz(tmp_path, x=IMAGES, y=NAMES), classes=7)
    with pytest.raises(DatasetError, match="200 letters"):
        read(npz(tmp_path, x=IMAGES, y=np.char.multiply(NAMES, 100)))


def test_labels_beside_are_part_of_the_digest(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    np.save(tmp_path / "y.npy", LABELS)
    before = digest_of(files_of(tmp_path / "x.npy", DataOptions()))
    np.save(tmp_path / "y.npy", LABELS[::-1])
    assert digest_of(files_of(tmp_path / "x.npy", DataOptions())) != before
    alone = files_of(tmp_path / "x.npy", DataOptions(), labelled=False)
    assert digest_of(alone) == digest(tmp_path / "x.npy")


HINTS = {
    "16 bits": (IMAGES.astype(np.uint16) * 257, "Divide them by 257"),
    "rows of numbers": (IMAGES.reshape(6, -1), "reshape it"),
    "images last": (np.moveaxis(IMAGES, 0, 3), "axis of images is the last"),
}


@pytest.mark.parametrize("name", HINTS)
def test_what_would_mend_it_is_said(tmp_path, name):
    images, message = HINTS[name]
    keys = (("images", "x"), ("labels", "y"))
    with pytest.raises(DatasetError, match=message):
        read(npz(tmp_path, x=images, y=LABELS), keys=keys)


NO_DATA = {
    "PNG": (b"\x89PNG\r\n\x1a\n", "is one image.*one folder a class"),
    "table": (b"file,label\na.png,1\n", "is a text"),
    "pickle": (b"\x80\x04\x95", "is a pickle.*numpy.savez"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "MNIST": (b"\0\0\x08\x03\0\0\x27\x10", "is an IDX file.*numpy.savez"),
    "Parquet": (b"PAR1\x15\x04", "is a Parquet table.*numpy.savez"),
    "tar": (
        bytes(257) + b"ustar\x0000",
        "packed by tar. Unpack it.*one folder a class",
    ),
    "nothing": (b"", "is empty"),
    "TFRecord": (
        bytes.fromhex("8000000000000000 2a5b60ec") + bytes(132),
        "is a TFRecord.*TFRecordDataset.*numpy.savez",
    ),
    "TIFF": (b"II*\0\x08\0", "is one TIFF image.*PNG or JPEG"),
}


@pytest.mark.parametrize("name", NO_DATA)
def test_what_holds_no_images_is_called_by_its_name(tmp_path, name):
    content, message = NO_DATA[name]
    (tmp_path / "d.h5").write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read(tmp_path / "d.h5")


def test_zip_of_images_and_network_are_no_data(tmp_path):
    for member, message in (
        ("cat/1.png", "Unpack it, and give the folder"),
        ("model.weights.h5", "is a network, not data"),
    ):
        with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
            archive.writestr(member, "")
        with pytest.raises(DatasetError, match=message):
            read(tmp_path / "d.zip")


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
    over = IMAGES / np.float32(255)
    over[0, 0, 0], over[1, 1, 1] = 1.000_001, -0.004
    found = read(npz(tmp_path, x=over, y=LABELS)).images
    assert found[0, 0, 0].tolist() == [255] * 3
    assert found[1, 1, 1].tolist() == [0] * 3
    for images in (
        IMAGES / 180.0,
        IMAGES // 128,
        IMAGES / 127.5 - 1,
        (IMAGES - 120.0) / 70,
    ):
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


def test_keys_of_another_file_are_none_of_a_clear_one(tmp_path, capsys):
    """One option stands for all files of a command."""
    keys = (("images", "a"), ("labels", "b"))
    for names in (("a", "b"), ("x", "y")):
        same(
            read(
                npz(tmp_path, **dict(zip(names, (IMAGES, LABELS), strict=True))),
                keys=keys,
            )
        )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("images are 'x', labels 'y', as it has none of --keys")
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["data"], file["label"] = np.moveaxis(IMAGES, 3, 1), LABELS
    same(read(tmp_path / "d.h5", keys=keys))
    assert "as it has none of --keys" in capsys.readouterr().err
    for arrays in ({"a": IMAGES, "y": LABELS}, {"x": IMAGES, "x_test": IMAGES}):
        with pytest.raises(DatasetError, match="Name others"):
            read(npz(tmp_path, **arrays), keys=keys)


def test_one_hot_labels_of_more_classes_are_told_as_such(tmp_path):
    hot = np.eye(6)[LABELS]
    message = f"Received: 6 columns, {len(set(LABELS))} of them in use"
    with pytest.raises(DatasetError, match=message):
        read(npz(tmp_path, x=IMAGES, y=hot), classes=5)


def test_labels_that_are_small_floats_are_read_without_a_warning(tmp_path):
    same(read(npz(tmp_path, x=IMAGES, y=LABELS.astype(np.float16))))


def test_black_images_are_not_told_to_be_multiplied(tmp_path):
    for images, remedy in ((IMAGES * 0, "All are black"), (IMAGES // 128, "Multiply")):
        with pytest.raises(DatasetError, match=f"{remedy}"):
            read(npz(tmp_path, x=images, y=LABELS))


def test_a_pipe_is_not_said_to_be_missing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    np.save(tmp_path / "x.npy", IMAGES)
    with pytest.raises(DatasetError, match="a pipe or device"):
        read(tmp_path / "x.npy", keys=(("labels", "pipe"),))


def test_the_last_label_is_named_as_labels_are_counted(tmp_path):
    for first, last in ((0, "N-1"), (1, "N")):
        path = npz(tmp_path, x=IMAGES, y=LABELS - 1)
        with pytest.raises(DatasetError, match=rf"{first}\.\.{last}\. "):
            read(path, classes=None, first_label=first)


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
