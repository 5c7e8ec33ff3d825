"""Shards: all of the inputs, once, in order, the same ones every time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from artifacts.errors import DetectorError
from artifacts.labelling import Failure
from artifacts.ray.shards import Shard, images_in, shards
from artifacts.reading.sources import Piece, Source, pieces

SIZE = (12, 10)


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    """A folder of seven images, 600 images in an HDF5 file, and three bad arguments."""
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(7):
        Image.new("RGB", (10, 12)).save(folder / f"{i}.png")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["data"] = np.zeros((600, 3, *SIZE), np.uint8)
    (tmp_path / "broken.h5").write_bytes(b"no")
    (tmp_path / "empty").mkdir()
    names = ("images", "broken.h5", "x.h5", "empty", "*.none", "missing.png")
    return [str(tmp_path / name) for name in names]


@pytest.mark.parametrize("images", [1, 3, 100, 256, 300, None])
def test_every_input_is_in_one_shard_in_its_place(inputs, images):
    found = list(shards(inputs, SIZE, images))
    assert [shard.number for shard in found] == list(range(len(found)))
    assert [piece for shard in found for piece in shard.pieces] == [
        piece for piece in pieces(inputs, SIZE) if isinstance(piece, Piece)
    ]
    failures = [failure for shard in found for failure in shard.failures]
    assert [failure.source.path for failure in failures] == [
        inputs[1],
        inputs[3],
        inputs[4],
    ]
    assert all(shard.pieces or shard.failures for shard in found)


def test_shards_are_of_the_size_asked_for(tmp_path, inputs):
    sizes = [sum(map(len, s.pieces)) + len(s.failures) for s in shards(inputs, SIZE, 3)]
    assert sizes[:3] == [3, 3, 1 + 1 + 256]
    [all_] = shards(inputs, SIZE)
    assert sum(map(len, all_.pieces)) == 608


def test_pictures_that_are_not_read_are_counted(tmp_path, inputs):
    (tmp_path / "images" / "a.GIF").touch()
    (tmp_path / "empty" / "a.gif").touch()  # said where nothing else is there
    passed = Counter()
    list(shards(inputs, SIZE, passed=passed))
    assert passed == {".gif": 1}


def test_nothing_gives_no_shard():
    assert not list(shards([], SIZE))


def test_digests_tell_other_inputs_apart():
    failure = Failure(Source("x"), DetectorError("x"))
    every = [
        Shard(0, (), ()),
        Shard(0, (Piece("x"),), ()),
        Shard(0, (), (failure,)),
        Shard(0, (Piece("y"),), ()),
        Shard(0, (Piece("\udcff"),), ()),
        Shard(0, (Piece("x", range(3)),), ()),
        Shard(0, (Piece("x", range(4)),), ()),
        Shard(0, (Piece("x"), Piece("x")), ()),
    ]
    assert len({shard.digest() for shard in every}) == len(every)
    assert Shard(7, (Piece("x"),), ()).digest() == every[1].digest()


@given(st.integers(0, 10_000))
def test_shards_grow_and_then_stay(number):
    assert images_in(number) <= images_in(number + 1) <= 65_536
    assert images_in(0) == 1_024
    assert images_in(10_000) == 65_536
