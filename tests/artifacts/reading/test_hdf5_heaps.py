"""Heaps of names and texts are walked before HDF5 does, which a broken one would hang."""

from __future__ import annotations

import struct
from pathlib import Path

import h5py
import pytest
from broken_hdf5 import break_heap, break_names

from artifacts.reading import hdf5_heaps
from artifacts.reading.hdf5_heaps import heaps_end


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.h5"


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("texts", [[], ["a"], ["x" * 5000, "", "y" * 9] * 300])
def test_honest_files_are_sound(path, libver, texts):
    with h5py.File(path, "w", libver=libver) as file:
        for i, text in enumerate(texts):
            file.create_group(str(i)).attrs["text"] = text
    assert heaps_end(str(path))


def test_an_entry_that_leads_to_itself_is_not(path):
    with h5py.File(path, "w") as file:
        file.attrs["text"] = "a"
    assert not heaps_end(str(break_heap(path)))


@pytest.mark.parametrize("size", [15, 1 << 40, 2**64 - 16, 2**64 - 1])
@pytest.mark.parametrize("number", [0, 1])
def test_sizes_that_lead_out_or_nowhere_are_not(path, number, size):
    with h5py.File(path, "w") as file:
        file.attrs["text"] = "a"
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL\x01") + 16
    content[place : place + 2] = number.to_bytes(2, "little")
    content[place + 8 : place + 16] = size.to_bytes(8, "little")
    path.write_bytes(content)
    assert not heaps_end(str(path))


@pytest.mark.parametrize("userblock", [0, 512, 2048])
def test_free_places_that_lead_in_a_circle_are_not(path, userblock):
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file["group/data"] = [1]
    assert heaps_end(str(path))
    content = path.read_bytes()
    path.write_bytes(content[userblock:])  # its addresses count from there
    broken = break_names(path).read_bytes()
    path.write_bytes(content[:userblock] + broken)
    assert not heaps_end(str(path))


def test_names_that_were_deleted_leave_free_places_behind(path):
    with h5py.File(path, "w") as file:
        for i in range(300):
            file.create_group(f"{i:03d}" * 20)
        for i in range(0, 300, 2):
            del file[f"{i:03d}" * 20]
    assert heaps_end(str(path))


@pytest.mark.parametrize("content", [b"", b"H", b"HEAP\0" * 9, b"\x89HDF"])
def test_other_files_are_left_to_hdf5(path, content):
    path.write_bytes(content)
    assert heaps_end(str(path))


def test_other_sizes_of_sizes_are_not(path):
    properties = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    properties.set_sizes(4, 4)
    h5py.h5f.create(bytes(path), fcpl=properties).close()
    assert not heaps_end(str(path))


@pytest.mark.parametrize("block", [40, 41, 47, 1 << 20])
def test_a_mark_may_lie_in_two_blocks(path, block, monkeypatch):
    with h5py.File(path, "w") as file:
        file.attrs["text"] = "a"
    monkeypatch.setattr(hdf5_heaps, "_BLOCK", block)
    assert heaps_end(str(path))
    assert not heaps_end(str(break_heap(path)))


def test_heaps_that_share_their_places_are_not(path):
    """A thousand heaps in one megabyte, each of which walks through all of it."""
    with h5py.File(path, "w") as file:
        file.attrs["text"] = "a"
    heads, room = 32 * 1000, 1 << 20
    content = path.read_bytes()
    for place in range(0, heads, 32):
        size, behind_the_heads = heads + room - place, heads - place - 32
        content += b"GCOL\x01\0\0\0" + struct.pack("<Q", size)
        content += struct.pack("<QQ", 1, behind_the_heads)
    content += struct.pack("<QQ", 1, 0) * (room // 16)
    path.write_bytes(content)
    assert not heaps_end(str(path))
