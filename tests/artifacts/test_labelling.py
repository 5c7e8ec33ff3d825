"""What is found is scored in its order, in batches, in little memory."""

from __future__ import annotations

import errno
import io
import os
import time
import tracemalloc
import warnings
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from artifacts import labelling
from artifacts.errors import DetectorError
from artifacts.labelling import BATCH, Failure, score
from artifacts.reading import sources
from artifacts.reading.sources import Piece, Source, is_many, pieces

SIZE = (12, 10)


def png(path: Path, value: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (10, 12), (value, 0, 0)).save(path, "PNG")
    return str(path)


def hdf5(path: Path, count: int, size: tuple[int, int] = SIZE) -> str:
    """Image i is of the colour i % 256; written little by little."""
    with h5py.File(path, "w") as file:
        shape, chunks = (count, 3, *size), (50, 3, *size)
        data = file.create_dataset("data", shape, "u1", chunks=chunks, compression=1)
        for start in range(0, count, 1000):
            block = np.arange(start, min(start + 1000, count)) % 256
            values = block[:, None, None, None].astype("u1")
            data[start : start + 1000] = (
                values.repeat(3, 1).repeat(size[0], 2).repeat(size[1], 3)
            )
    return str(path)


def first_red(images: np.ndarray) -> np.ndarray:
    """A detector that answers with the red of the first pixel."""
    return images[:, 0, 0, 0].astype(np.int64)


def found(*arguments: object) -> list[Piece | DetectorError]:
    return list(pieces(map(str, arguments), SIZE))


def paths(*arguments: object) -> list[str]:
    return [
        p.path if isinstance(p, Piece) else f"error: {p}" for p in found(*arguments)
    ]


# What is found.


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    names = ("b.png", "a/z.JPG", "a/b/c.jpeg", "a.png", "a-1.png", "ü/x.png")
    for name in names + (".hidden/x.png", "a/._z.png"):
        png(tmp_path / "tree" / name)
    for name in ("notes.txt", "a/data.h5", "a/x.gif"):
        (tmp_path / "tree" / name).write_text("no image")
    (tmp_path / "tree" / "folder.png").mkdir()
    (tmp_path / "tree" / "loop").symlink_to(tmp_path / "tree")
    (tmp_path / "tree" / "link.png").symlink_to("b.png")
    return tmp_path / "tree"


def test_folder_gives_its_images_in_the_order_of_paths(tree):
    wanted = [
        path
        for path in tree.rglob("*")
        if path.suffix.lower() in (".png", ".jpg", ".jpeg")
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(tree).parts)
    ]
    assert paths(tree) == [str(path) for path in sorted(wanted)]
    assert len(wanted) == 7


def test_folder_without_images_is_said(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    assert paths(tmp_path) == [
        f"error: {tmp_path}: expected PNG or JPEG files. Received: none."
    ]


def test_folder_that_can_not_be_read_is_said_and_passed(tree, monkeypatch):
    scandir = os.scandir

    def refuse(folder):
        if folder == str(tree / "a"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scandir(folder)

    monkeypatch.setattr(sources.os, "scandir", refuse)
    answer = paths(tree)
    assert f"error: {tree / 'a'}: Permission denied." in answer
    assert len(answer) == 6


def test_patterns_give_files_in_order(tree):
    assert paths(tree / "*.png") == [
        str(tree / name) for name in ("a-1.png", "a.png", "b.png", "link.png")
    ]
    assert paths(tree / "a" / "**" / "*.[jJ]*") == [
        str(tree / "a" / name) for name in ("b/c.jpeg", "z.JPG")
    ]
    assert paths(tree / "*.bmp") == [
        f"error: {tree / '*.bmp'}: expected files that match. Received: none."
    ]


def test_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    odd = png(tmp_path / "[a]*.png")
    png(tmp_path / "ab.png")
    assert paths(odd) == [odd]
    assert not is_many(odd)
    assert is_many(str(tmp_path / "*b.png"))


def test_a_byte_order_mark_before_a_list_is_no_part_of_its_first_path(
    tree, monkeypatch
):
    mark, names = b"\xef\xbb\xbf", [str(tree / "b.png"), "\ufeffc.png"]
    listed = io.BytesIO(mark + "\r\n".join(names).encode())
    monkeypatch.setattr(sources.sys, "stdin", SimpleNamespace(buffer=listed))
    assert paths("-") == names


def test_an_empty_argument_is_called_one():
    assert is_many("")
    [said] = paths("")
    assert "Received: an empty argument." in said


def test_duplicates_stay(tree):
    one = tree / "b.png"
    assert paths(one, one, tree / "b.*") == [str(one)] * 3


def test_list_on_stdin_is_read_as_it_comes(tree, monkeypatch):
    strange = png(tree / os.fsdecode(b"\xff name .png"))
    lines = [os.fsencode(tree / "b.png"), b"", os.fsencode(strange) + b"\r", b"nowhere"]
    stdin = SimpleNamespace(buffer=io.BytesIO(b"\n".join(lines)))
    monkeypatch.setattr(sources.sys, "stdin", stdin)
    every = pieces(["-", "-"], SIZE)
    assert next(every) == Piece(str(tree / "b.png"))
    assert stdin.buffer.tell() < len(b"\n".join(lines))
    assert list(every) == [Piece(strange), Piece("nowhere")]


def test_hdf5_file_gives_slices_or_one_error(tmp_path):
    path = hdf5(tmp_path / "x.H5", 600)
    every = found(path, tmp_path / "none.h5")
    assert [len(piece) for piece in every[:-1]] == [250, 250, 100]
    assert isinstance(every[-1], DetectorError)
    assert list(every[2].sources())[-1] == Source(path, 599)


# How it is scored.


def answers(every, **options) -> list[tuple[Source, int] | DetectorError]:
    flat: list = []
    for batch in score(every, lambda: first_red, SIZE, **options):
        flat += [batch.reason] if isinstance(batch, Failure) else batch
    return flat


def test_order_is_that_of_the_inputs_whatever_takes_long(tmp_path, monkeypatch):
    images = [png(tmp_path / f"{i}.png", i) for i in range(40)]
    archive = hdf5(tmp_path / "x.h5", 700)
    slow = labelling.read_image

    def read_image(*arguments, **options):
        time.sleep(int(arguments[0].stem) * 7 % 5 / 1000)
        return slow(*arguments, **options)

    monkeypatch.setattr(labelling, "read_image", read_image)
    monkeypatch.setattr(labelling, "_GROUP", 3)
    order = [*images[:25], archive, *images[25:], images[0]]
    expected = [(Source(path), i) for i, path in enumerate(images)]
    expected[25:25] = [(Source(archive, i), i % 256) for i in range(700)]
    assert answers(found(*order)) == [*expected, expected[0]]


def test_batches_are_full_but_the_last(tmp_path):
    sizes = []

    def detect(images: np.ndarray) -> np.ndarray:
        assert images.dtype == np.uint8
        assert images.shape[1:] == (*SIZE, 3)
        sizes.append(len(images))
        return first_red(images)

    every = found(hdf5(tmp_path / "x.h5", 300), hdf5(tmp_path / "y.h5", 333))
    list(score(every, lambda: detect, SIZE))
    assert sizes == [BATCH, BATCH, 633 - 2 * BATCH]


def test_broken_inputs_are_passed_over_in_their_place(tmp_path):
    good = [png(tmp_path / f"{i}.png", i) for i in range(3)]
    (tmp_path / "broken.png").write_bytes(Path(good[0]).read_bytes()[:35])
    (tmp_path / "text.png").write_text("no image")
    every = [good[0], tmp_path / "broken.png", good[1], tmp_path / "text.png"]
    every += [tmp_path / "missing.png", tmp_path / "missing.h5", good[2]]
    labelled = [x for x in answers(found(*every)) if not isinstance(x, DetectorError)]
    problems = [x for x in answers(found(*every)) if isinstance(x, DetectorError)]
    assert labelled == [(Source(path), i) for i, path in enumerate(good)]
    assert [str(p).split(": ")[0] for p in problems] == [
        str(tmp_path / name)
        for name in ("broken.png", "text.png", "missing.png", "missing.h5")
    ]


def test_detector_is_loaded_for_images_alone(tmp_path):
    def load():
        pytest.fail("loaded")

    [problem] = score(found(tmp_path / "missing.png"), load, SIZE)
    assert isinstance(problem, Failure)
    assert problem.source == Source(str(tmp_path / "missing.png"))
    assert not list(score([], load, SIZE))


def test_resize_is_passed_on(tmp_path):
    Image.new("RGB", (47, 55), (9, 0, 0)).save(tmp_path / "large.png")
    every = found(tmp_path / "large.png")
    assert isinstance(answers(every)[0], DetectorError)
    assert answers(every, resize=True) == [(Source(every[0].path), 9)]


def test_failing_detector_ends_it(tmp_path):
    def detect(images):
        raise MemoryError

    with pytest.raises(MemoryError):
        list(score(found(hdf5(tmp_path / "x.h5", 3000)), lambda: detect, SIZE))


def test_warnings_of_pillow_stay_away_and_filters_stay(tmp_path):
    every = found(*[png(tmp_path / f"{i}.png", i) for i in range(200)])
    before = list(warnings.filters)
    answers(every)
    assert warnings.filters == before


@given(st.integers(0, 4), st.integers(0, 9))
def test_what_is_left_of_a_slice(index, count):
    piece = Piece("x.h5", range(10, 20))
    assert list(piece.after(count).sources()) == list(piece.sources())[count:]
    assert len(piece.after(count)) == 10 - count
    assert list(Source("x.h5", index).piece().sources()) == [Source("x.h5", index)]


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    def peak(count: int) -> int:
        path = hdf5(tmp_path / f"{count}.h5", count, (55, 47))
        every = pieces([path] * 1, (55, 47))
        tracemalloc.start()
        total = sum(len(b) for b in score(every, lambda: first_red, (55, 47)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert total == count
        return most

    peak(300)
    few, many = peak(2_000), peak(20_000)
    # Threads may be some slices ahead or not; what grows would be ten times as much.
    assert many < 2 * few, (few, many)
