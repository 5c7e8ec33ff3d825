"""Folders of images, one folder a class: which label they are, and what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toys import SHAPE

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.reading.data_file import read_dataset, shape_in
from repair.settings import DataOptions

ANIMALS = ("Zebra", "ant", "bee")  # capital letters first, as Python sorts


def photographs(folder: Path, names=ANIMALS, suffix=".png", size=(10, 12)) -> Path:
    rng = np.random.default_rng(0)
    for label, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for number in range(2):
            image = rng.integers(0, 256, (*size[::-1], 3), np.uint8)
            image[0, 0] = label
            Image.fromarray(image).save(folder / name / f"{number}{suffix}")
    return folder


def read(folder: Path, shape=SHAPE, classes: int | None = 3, **options) -> Dataset:
    return read_dataset(
        folder, image_shape=shape, num_classes=classes, options=DataOptions(**options)
    )


def refuse(folder: Path, message: str, **more) -> None:
    with pytest.raises(DatasetError, match=message) as refusal:
        read(folder, **more)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_names_are_sorted_as_keras_does(tmp_path, capsys):
    data = read(photographs(tmp_path / "d"))
    assert data.names == ANIMALS
    assert data.labels.tolist() == [0, 0, 1, 1, 2, 2]
    np.testing.assert_array_equal(data.images[:, 0, 0, 0], data.labels)
    assert "its folders in order, Zebra, ant, bee" in capsys.readouterr().err
    assert shape_in(tmp_path / "d", DataOptions()) == SHAPE


def test_a_link_to_itself_is_named(tmp_path):
    folder = photographs(tmp_path / "d")
    (folder / "ant" / "x.png").symlink_to("x.png")
    refuse(folder, r"ant/x\.png: .* a link that leads nowhere\. Mend or remove it\.")


def test_the_same_as_image_dataset_from_directory(tmp_path):
    import keras

    folder = photographs(tmp_path / "d")
    theirs = keras.utils.image_dataset_from_directory(
        folder, image_size=SHAPE[:2], shuffle=False, verbose=False
    )
    (images, labels), *_ = theirs
    data = read(folder)
    assert list(data.names) == theirs.class_names
    np.testing.assert_array_equal(data.labels, labels)
    np.testing.assert_array_equal(data.images, images)


def test_numbers_are_labels_as_they_are(tmp_path):
    folder = photographs(tmp_path / "d", ("10", "2", "007"))
    data = read(folder, classes=11)
    assert sorted(set(data.labels.tolist())) == [2, 7, 10]
    refuse(folder, r"0\.\.9. Received: 10", classes=10)
    assert read(photographs(tmp_path / "e", ("1", "2", "3"))).labels.max() == 2
    data = read(tmp_path / "e", classes=4)
    assert data.labels.max() == 3
    assert read(tmp_path / "e", classes=4, first_label=1).labels.max() == 2


def test_missing_classes_need_a_list(tmp_path):
    folder = photographs(tmp_path / "d")
    refuse(folder, "expected 4 folders.*Zebra, ant, bee.*--classes FILE", classes=4)
    names = tmp_path / "names.txt"
    names.write_text("bee\nant\ncat\nZebra\n")
    options = DataOptions(classes=names)
    data = read_dataset(folder, image_shape=SHAPE, num_classes=4, options=options)
    assert data.names == ("bee", "ant", "cat", "Zebra")
    assert data.labels.tolist() == [3, 3, 1, 1, 0, 0]


def test_sizes_and_modes_are_brought_to_the_networks(tmp_path, capsys):
    folder = photographs(tmp_path / "d", size=(31, 17), suffix=".jpg")
    assert read(folder).images.shape == (6, *SHAPE)
    assert read(folder).resized
    assert not read(photographs(tmp_path / "same")).resized
    assert "6 of 6 images are of another size" in capsys.readouterr().err
    assert read(folder, (12, 10, 1)).images.shape == (6, 12, 10, 1)
    assert read(folder, (12, 10, 4)).images[..., 3].min() == 255
    assert shape_in(folder, DataOptions()) == (17, 31, 3)


@pytest.mark.parametrize("suffix", [".webp", ".bmp", ".ppm"])
def test_other_formats_are_read_where_asked_for(tmp_path, suffix):
    folder = photographs(tmp_path / "d", suffix=suffix)
    refuse(folder, rf"Received: 6 \{suffix}. Add --formats {suffix[1:]}")
    assert len(read(folder, formats=(suffix[1:],))) == 6


def test_what_browsers_call_jpeg_is_read(tmp_path):
    folder = photographs(tmp_path / "d", suffix=".jpg")
    (folder / "ant" / "0.jpg").rename(folder / "ant" / "0.jfif")
    assert len(read(folder)) == 6


def test_a_picture_of_another_format_than_its_name_says(tmp_path):
    folder = photographs(tmp_path / "d")
    Image.new("RGB", (9, 9)).save(folder / "ant" / "0.png", "WEBP")
    refuse(folder, r"Add --formats webp, or remove it\.$")


def test_a_broken_image_is_named(tmp_path):
    folder = photographs(tmp_path / "d")
    (folder / "ant" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    refuse(folder, r"ant/1\.png.*Mend or remove it")


def test_images_without_folders_are_read_without_labels_alone(tmp_path):
    folder = photographs(tmp_path / "d") / "ant"
    refuse(folder, "one folder a class.*Received: 2 .png")
    data = read_dataset(folder, image_shape=SHAPE, labelled=False)
    assert data.labels.tolist() == [-1, -1]


def test_links_loops_and_hidden_folders(tmp_path):
    folder = photographs(tmp_path / "d")
    (folder / "ant" / "again").symlink_to(folder)  # a loop, below a class
    (folder / ".git").mkdir()
    assert len(read(folder)) == 6
    (folder / "loop").symlink_to(folder)
    refuse(folder, "a link, loop")


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb"])
def test_names_of_folders_are_printed_plainly(tmp_path, name):
    refuse(photographs(tmp_path / "d", ("ant", name)), "expected 3 folders")


def test_what_systems_leave_behind_is_no_class(tmp_path):
    folder = photographs(tmp_path / "d")
    (folder / "__MACOSX" / "ant").mkdir(parents=True)
    (folder / "ant" / "._0.png").write_bytes(b"junk")
    (folder / "ant" / "Thumbs.db").write_bytes(b"junk")
    assert read(folder).names == ANIMALS


def test_folders_around_the_classes_are_told_from_them(tmp_path):
    photographs(tmp_path / "parts" / "train")
    photographs(tmp_path / "parts" / "val")
    refuse(tmp_path / "parts", "parts of a data set.*parts/val", classes=2)
    refuse(tmp_path / "parts", "parts of a data set", classes=None)
    photographs(tmp_path / "one" / "dataset")
    refuse(tmp_path / "one", "there are Zebra, ant, bee. Give that one: .*one/dataset")


def test_what_is_passed_over_or_would_be_read_is_said(tmp_path, capsys):
    folder = photographs(tmp_path / "d")
    Image.new("RGB", (10, 12)).save(folder / "ant" / "9.gif")
    read(folder)
    assert "1 images of other formats are passed over: .gif" in capsys.readouterr().err
    refuse(photographs(tmp_path / "gifs", suffix=".gif"), "6 .gif. Save them as PNG")
    (tmp_path / "flat").mkdir()
    Image.new("RGB", (10, 12)).save(tmp_path / "flat" / "1.png")
    refuse(tmp_path / "flat", "1 .png. Put the images of each class into a folder")


@pytest.mark.parametrize(
    "parts",
    [
        ("test_set", "training_set"),
        ("Meta", "Test", "Train"),
        ("seg_pred", "seg_train"),
    ],
)
def test_parts_of_a_data_set_are_known_by_words_in_their_names(tmp_path, parts):
    for part in parts:
        photographs(tmp_path / "d" / part)
    refuse(tmp_path / "d", "parts of a data set", classes=len(parts))


def test_folders_that_hold_the_same_classes_are_parts(tmp_path):
    for part in ("berlin", "hamburg", "koeln"):
        photographs(tmp_path / "d" / part)
    refuse(tmp_path / "d", "parts of a data set.*d/koeln")
    assert len(read(tmp_path / "d", classes=None)) == 18


def test_images_below_a_class_are_its_own_and_it_is_said(tmp_path, capsys):
    for name in ANIMALS[:2]:
        photographs(tmp_path / "d" / name, ("test", "train"))
    data = read(tmp_path / "d", classes=2)
    assert data.labels.tolist() == [0] * 4 + [1] * 4
    assert "8 images lie in folders below" in capsys.readouterr().err


@pytest.mark.parametrize("listed", [True, False])
def test_a_folder_without_images_is_no_class(tmp_path, capsys, listed):
    folder = photographs(tmp_path / "d")
    (folder / "bird").mkdir()
    (folder / "bird" / "Thumbs.db").write_bytes(b"0")
    (tmp_path / "names").write_text("\n".join(ANIMALS))
    more = DataOptions(classes=tmp_path / "names" if listed else None)
    data = read_dataset(folder, image_shape=SHAPE, num_classes=3, options=more)
    assert data.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.names == ANIMALS
    assert "no image is in them: bird" in capsys.readouterr().err


def test_an_empty_folder_of_a_class_keeps_its_label(tmp_path):
    folder = photographs(tmp_path / "d")
    (folder / "aardvark").mkdir()
    assert read(folder, classes=4).labels.tolist() == [0, 0, 2, 2, 3, 3]
