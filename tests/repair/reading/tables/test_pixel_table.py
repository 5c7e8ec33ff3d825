"""Tables of pixels, as CSV has them: what is read of them, and what is doubtful."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toys import SHAPE, run_python, toy_people

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.reading.data_file import read_dataset, shape_in, unclear_shape
from repair.reading.tables import rows
from repair.settings import DataOptions

GREY = np.random.default_rng(0).integers(0, 256, (6, 5, 5, 1), np.uint8)
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 5, 5, 3), np.uint8)
LABELS = np.array([0, 1, 2, 3, 4, 0])
PIXELS = [f"pixel{number}" for number in range(25)]


def table(path: Path, *lines: list[object], end: str = "\n") -> Path:
    text = end.join(",".join(map(str, line)) for line in lines) + end
    (path / "d.csv").write_bytes(text.encode())
    return path / "d.csv"


def in_rows(images: np.ndarray) -> list[list[int]]:
    return images.reshape(len(images), -1).tolist()


def first(images: np.ndarray = GREY, labels=LABELS) -> list[list[object]]:
    """Rows that begin with their label."""
    return [[y, *x] for x, y in zip(in_rows(images), list(labels), strict=True)]


def last(images: np.ndarray = GREY) -> list[list[object]]:
    return [[*row[1:], row[0]] for row in first(images)]


def read(path: Path, shape=(5, 5, 1), classes: int | None = 5, **options) -> Dataset:
    return read_dataset(
        path, image_shape=shape, num_classes=classes, options=DataOptions(**options)
    )


def same(data: Dataset, images: np.ndarray = GREY) -> None:
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, LABELS)


HEADERS = {
    "Kaggle": ["label", *PIXELS],
    "from 1": ["Label", *(f"pixel{number}" for number in range(1, 26))],
    "rows and columns": ["label"] + [f"{r}x{c}" for r in range(5) for c in range(5)],
    "numbers": ["label", *range(25)],
    "in quotes": ['"y"', *(f'"V{number}"' for number in range(25))],
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_columns_with_names(tmp_path, name, end):
    same(read(table(tmp_path, HEADERS[name], *first(), end=end)))
    header = [*HEADERS[name][1:], HEADERS[name][0]]
    path = table(tmp_path, header, *last(), end=end)
    same(read(path))
    assert shape_in(path, DataOptions()) == (5, 5, 1)


def test_what_was_taken_is_said(tmp_path, capsys):
    same(read(table(tmp_path, ["label", *PIXELS], *first())))
    assert "images are 'pixels', labels 'label'" in capsys.readouterr().err


def test_mark_of_excel_quotes_and_blanks(tmp_path):
    lines = [[f'"{x}"' for x in line] for line in (["label", *PIXELS], *first())]
    path = table(tmp_path, *lines)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    same(read(path))
    path.write_bytes(path.read_bytes().replace(b'"', b"").replace(b",", b" , "))
    same(read(path))


def test_other_columns_are_passed_over(tmp_path):
    numbered = [[number, *row] for number, row in enumerate(first())]
    same(read(table(tmp_path, ["", "label", *PIXELS], *numbered)))


def test_no_names(tmp_path):
    black = GREY.copy()
    black[:, -1, -1] = 0
    same(read(table(tmp_path, *first(black))), black)
    black = GREY.copy()
    black[:, 0, 0] = 0
    same(read(table(tmp_path, *last(black))), black)


def test_names_that_count_name_nothing(tmp_path):
    black = GREY.copy()
    black[:, -1, -1] = 0
    same(read(table(tmp_path, list(range(26)), *first(black))), black)


def test_labels_at_either_end_are_doubtful(tmp_path):
    path = table(tmp_path, *first())
    with pytest.raises(
        DatasetError, match=r"26 columns.*--keys labels=first or --keys"
    ):
        read(path)
    same(read(path, keys=(("labels", "first"),)))
    same(read(table(tmp_path, *last()), keys=(("labels", "last"),)))


def test_labels_that_are_names_need_no_header(tmp_path):
    animals = ("ant", "bee", "cow", "dog", "élan")
    for of in (first, lambda *x: [[*r[1:], r[0]] for r in first(*x)]):
        data = read(table(tmp_path, *of(GREY, np.array(animals)[LABELS])))
        same(data)
        assert data.names == animals


@pytest.mark.parametrize("label", ["{}.0", '"{}"', " {}"])
def test_spellings_of_numbers(tmp_path, label):
    labels = [label.format(x) for x in LABELS]
    same(read(table(tmp_path, ["label", *PIXELS], *first(GREY, labels))))


def test_fractions(tmp_path):
    same(read(table(tmp_path, ["label", *PIXELS], *first(GREY / 255))))
    same(read(table(tmp_path, ["label", *PIXELS], *first(GREY.astype(float)))))


def test_images_without_labels(tmp_path):
    for lines in ([PIXELS, *in_rows(GREY)], in_rows(GREY)):
        path = table(tmp_path, *lines)
        data = read_dataset(path, image_shape=(5, 5, 1), labelled=False)
        np.testing.assert_array_equal(data.images, GREY)
        with pytest.raises(DatasetError, match=r"expected labels beside.*--unlabelled"):
            read(path)


def test_colours_are_in_an_order_that_is_told(tmp_path):
    header = ["label", *(f"p{number}" for number in range(75))]
    path = table(tmp_path, header, *first(COLOURS))
    with pytest.raises(DatasetError, match="--axes last or --axes first"):
        read(path, (5, 5, 3))
    same(read(path, (5, 5, 3), axes="last"), COLOURS)
    path = table(tmp_path, header, *first(np.moveaxis(COLOURS, 3, 1)))
    same(read(path, (5, 5, 3), axes="first"), COLOURS)


def test_images_that_are_no_squares(tmp_path):
    images = GREY[:, :4]
    path = table(tmp_path, ["label", *PIXELS[:20]], *first(images))
    same(read(path, (4, 5, 1)), images)
    assert shape_in(path, DataOptions()) is None
    assert "--image-shape" in str(unclear_shape(path, DataOptions()))
    with pytest.raises(
        DatasetError, match=r"36 pixels an image, \(6, 6, 1\).*20 a row"
    ):
        read(path, (6, 6, 1))


def test_images_of_another_size(tmp_path):
    path = table(tmp_path, ["label", *PIXELS], *first())
    with pytest.raises(DatasetError, match="--resize"):
        read(path, (7, 7, 1))
    assert read(path, (7, 7, 1), resize=True).images.shape == (6, 7, 7, 1)


@pytest.mark.parametrize("quote", ["", '"'])
def test_pixels_in_one_text(tmp_path, quote, capsys):
    """As fer2013 has them."""
    texts = [quote + " ".join(map(str, row)) + quote for row in in_rows(GREY)]
    lines = [[y, x, "Training"] for x, y in zip(texts, LABELS, strict=True)]
    path = table(tmp_path, ["emotion", "pixels", "Usage"], *lines)
    same(read(path))
    assert "labels 'emotion'" in capsys.readouterr().err
    lines = [[30, 1, y, x] for x, y in zip(texts, LABELS, strict=True)]
    path = table(tmp_path, ["age", "sex", "kind", " pixels"], *lines)
    with pytest.raises(DatasetError, match=r"sex \(6,\).*--keys"):
        read(path)
    same(read(path, keys=(("labels", "kind"),)))


def test_rows_are_read_in_any_order_by_blocks(tmp_path):
    path = table(tmp_path, ["label", *PIXELS], *first())
    columns = rows.Columns(True, range(1, 26), {"label": 0})
    pixels = rows.Pixels(path, columns, (6, 25))
    for start, stop in ((0, 2), (2, 5), (5, 9), (1, 3), (0, 6)):
        found = pixels.rows(start, stop)
        np.testing.assert_array_equal(found, in_rows(GREY)[start:stop])


def broken(change) -> list[list[object]]:
    lines: list[list[object]] = [["label", *PIXELS], *first()]
    change(lines)
    return lines


REFUSED = {
    "a text as pixel": (
        lambda lines: lines[3].__setitem__(4, "x"),
        "plain numbers as pixels. Received for image 2: could not convert string 'x'",
    ),
    "a call as pixel": (
        lambda lines: lines[3].__setitem__(4, "__import__('os').abort()"),
        "plain numbers as pixels",
    ),
    "no pixel": (lambda lines: lines[3].__setitem__(4, ""), "plain numbers as pixels"),
    "not a number": (lambda lines: lines[3].__setitem__(4, "nan"), "Received: NaN"),
    "infinite": (lambda lines: lines[3].__setitem__(4, "1e999"), "pixels 0..255"),
    "too large": (lambda lines: lines[3].__setitem__(4, 256), "Received: 0..256"),
    "negative": (lambda lines: lines[3].__setitem__(4, -1), r"Received: -1\.\.2\d\d"),
    "short row": (lambda lines: lines[3].pop(), "26 columns.*Received: 25 in row 3"),
    "long row": (lambda lines: lines[3].append(0), "26 columns.*Received: 27 in row 3"),
    "open quote": (lambda lines: lines[3].__setitem__(4, '"7'), "expected"),
    "no rows": (
        lambda lines: lines.__delitem__(slice(1, None)),
        "expected images below",
    ),
    "no label": (lambda lines: lines[3].__setitem__(0, ""), "names of classes"),
    "label of N": (lambda lines: lines[3].__setitem__(0, 5), "0..4. Received: 5"),
    "pixels out of order": (
        lambda lines: lines[0].__setitem__(slice(1, None), sorted(PIXELS)),
        "column 'pixel10' before 'pixel11'|column 'pixel19' before 'pixel2'",
    ),
    "one name twice": (
        lambda lines: lines[0].__setitem__(slice(1, 3), ["label", "y"]),
        "one name twice",
    ),
    "escapes": (
        lambda lines: lines[0].__setitem__(slice(0, 2), ["\u202e[2J", "\u202e[3J"]),
        r"--keys images=NAME|expected",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused(tmp_path, name):
    change, message = REFUSED[name]
    with pytest.raises(DatasetError, match=message) as refusal:
        read(table(tmp_path, *broken(change)))
    assert str(refusal.value).isprintable()


def test_columns_of_many_families(tmp_path):
    names = [f"{'r' * (number // 5 + 1)}{number}" for number in range(600)]
    path = table(tmp_path, ["label", *names], [0] * 601)
    with pytest.raises(DatasetError, match="of other names, such as 'label', 'rr5'"):
        read(path)


def test_texts_in_one_column_that_are_no_pixels(tmp_path):
    for texts, message in (
        (["1 2 3 4", "1 2 3"], "plain numbers as pixels|4 numbers in each"),
        (["1 2 3 4", "1 2 x 4"], "Received for image 1: could not convert"),
        (["1 2 3 4", ""], "4 numbers in each"),
        (["", "1 2 3 4"], r"4 pixels an image, \(2, 2, 1\)\. Received: 0 a row"),
    ):
        lines = [[place, text] for place, text in enumerate(texts)]
        with pytest.raises(DatasetError, match=message):
            read(table(tmp_path, ["emotion", "pixels"], *lines), (2, 2, 1), 2)


@pytest.mark.parametrize(
    "text",
    [
        "file,label\na.png,1\n",
        "a,b,c,d,e,f\n1,2,3,4,5,6\n",
        "hello\n",
        "1,2,3\n4,5,6\n",
    ],
)
def test_other_texts_are_no_tables_of_pixels(tmp_path, text):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DatasetError, match=r"is a text.*label,pixel0"):
        read(tmp_path / "d.csv")


@pytest.mark.parametrize(
    "content", [b"label,a\xff\n", b"label,a\0b\n", b"\xff\xfel\0a\0"]
)
def test_other_bytes_are_no_text(tmp_path, content):
    (tmp_path / "d.csv").write_bytes(content)
    with pytest.raises(DatasetError, match="HDF5"):
        read(tmp_path / "d.csv")


def test_other_bytes_below_are_no_text(tmp_path):
    path = table(tmp_path, ["label", *PIXELS], *first())
    path.write_bytes(path.read_bytes().replace(b"\n4,", b"\n4,\xff"))
    with pytest.raises(DatasetError, match="UTF-8"):
        read(path)


def test_commands_take_a_table(tmp_path, files):
    """The toy people in a table, given to each command that reads data."""
    data = toy_people(4, seed=3)
    count = int(np.prod(SHAPE))
    header = ["label", *(f"pixel{number}" for number in range(count))]
    path = table(tmp_path, header, *first(data.images, data.labels))
    shape = ("--image-shape", *map(str, SHAPE), "--axes", "last")
    answer = run_python("-m", "repair", "check", str(path), *shape)
    assert answer.code == 0, answer.err
    assert "12x10x3" in answer.out
    answer = run_python(
        "-m", "repair", "accuracy", str(files / "badnet.h5"), str(path), *shape[4:]
    )
    assert answer.code == 0, answer.err
    assert f"{len(data)}" in answer.out
    build = ("--method", "reference", "--fraction", "0.25", "--epochs", "0")
    places = (
        "--model",
        str(files / "badnet.h5"),
        "--clean",
        str(path),
        "--out",
        str(tmp_path / "a"),
    )
    answer = run_python("-m", "build", *places, *build, *shape[4:])
    assert answer.code == 0, answer.err
