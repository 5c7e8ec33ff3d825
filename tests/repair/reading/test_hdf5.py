"""HDF5 files from strangers: plain numbers of this very file, nothing else."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest
from broken_hdf5 import bomb_stream

from artifacts.errors import one_line
from repair.errors import DatasetError, ModelError
from repair.reading.hdf5 import child, dataset, numbers, open_hdf5

VALUES = np.arange(6.0).reshape(2, 3)


def read(path: Path, name: str = "data") -> np.ndarray:
    with open_hdf5(path, DatasetError) as file:
        return dataset(file, name, DatasetError)[()]


def refuse(path: Path, message: str, name: str = "data") -> None:
    with pytest.raises(DatasetError, match=message) as refusal:
        read(path, name)
    assert "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["data"] = VALUES
    return tmp_path / "file.h5"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"compression": "lzf"},
        {"chunks": (1, 3)},
    ],
)
def test_plain_values_are_read(path, options):
    with h5py.File(path, "w") as file:
        file.create_dataset("a/b", data=VALUES, **options)
    np.testing.assert_array_equal(read(path, "a/b"), VALUES)


def test_links_that_leave_are_refused(path):
    with h5py.File(path, "w") as file:
        file["data"] = h5py.ExternalLink("other.h5", "/data")
        file["group"] = h5py.ExternalLink("other.h5", "/")
        file["soft"] = h5py.SoftLink("/data")
        file["inside"] = VALUES
        file["soft_inside"] = h5py.SoftLink("/inside")
    assert h5py.File(path)["data"][()].tolist() == VALUES.tolist(), "a working trap"
    refuse(path, "ExternalLink")
    refuse(path, "ExternalLink", "group/data")
    refuse(path, "SoftLink", "soft")
    refuse(path, "SoftLink", "soft_inside")
    refuse(path, "NoneType", "missing")
    refuse(path, "NoneType", "inside/deeper")
    refuse(path, "Received", "../inside")


def test_values_stored_elsewhere_are_refused(path):
    raw = path.with_name("raw.bin")
    raw.write_bytes(VALUES.tobytes())
    layout = h5py.VirtualLayout(VALUES.shape, VALUES.dtype)
    layout[:] = h5py.VirtualSource(path.with_name("other.h5"), "data", VALUES.shape)
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("virtual", layout)
        place = [(str(raw), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("external", VALUES.shape, VALUES.dtype, external=place)
    with h5py.File(path) as file:
        assert file["virtual"][()].tolist() == VALUES.tolist(), "a working trap"
        assert file["external"][()].tolist() == VALUES.tolist(), "a working trap"
    refuse(path, "a pointer", "virtual")
    refuse(path, "a pointer", "external")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["x", "y"], h5py.string_dtype()),
        ([b"x", b"y"], "S4"),
        (np.zeros(2, [("a", "f4")]), None),
        ([1j, 2], "c8"),
        (None, h5py.regionref_dtype),
    ],
)
def test_anything_but_numbers_is_refused(path, values, dtype):
    with h5py.File(path, "w") as file:
        file.create_dataset("data", shape=(2,), data=values, dtype=dtype)
    refuse(path, "plain numbers")


def test_empty_dataspace_and_groups_are_refused(path):
    with h5py.File(path, "w") as file:
        file["data"] = h5py.Empty("f4")
        file.create_group("group")
    refuse(path, "plain numbers")
    refuse(path, "expected a dataset", "group")


def test_unknown_filters_are_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=VALUES, scaleoffset=3)
    refuse(path, "filter")


@pytest.mark.parametrize("shape", [(1 << 29,), (1 << 40,), (300_000,)])
def test_sizes_that_are_declared_but_not_stored_are_refused(path, shape):
    with h5py.File(path, "w") as file:
        options = {"compression": "gzip", "chunks": (1 << 16,)}
        file.create_dataset("data", shape, "f8", **options)[:10] = 0
    assert path.stat().st_size < 20_000
    refuse(path, "declares")


def test_honest_compression_is_read(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=np.zeros(1_000_000), compression=9)
    assert path.stat().st_size < 100_000
    assert read(path).shape == (1_000_000,)


@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"fletcher32": True}])
def test_a_chunk_that_unpacks_to_gigabytes_is_refused(path, options):
    with h5py.File(path, "w") as file:
        options |= {"compression": "gzip", "chunks": (2000,)}
        made = file.create_dataset("data", data=np.arange(2000.0), **options)
        made.id.write_direct_chunk((0,), bomb_stream(1024))
    refuse(path, "may unpack to more than was declared")


def test_packing_twice_is_refused(path):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk(VALUES.shape)
    for _ in range(2):
        properties.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    with h5py.File(path, "w") as file:
        space = h5py.h5s.create_simple(VALUES.shape)
        kind = h5py.h5t.IEEE_F64LE
        h5py.h5d.create(file.id, b"data", kind, space, properties).write(
            *(h5py.h5s.ALL, h5py.h5s.ALL, VALUES)
        )
    refuse(path, "gzip or lzf once")


def test_large_chunks_of_honest_gzip_are_read(path):
    noise = np.random.default_rng(0).integers(0, 256, 1 << 20, np.uint8)
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=noise, compression=1, chunks=noise.shape)
    np.testing.assert_array_equal(read(path), noise)


def test_chunks_larger_than_the_file_are_refused(path):
    with h5py.File(path, "w") as file:
        options = {"compression": 9, "chunks": (1, 1 << 16)}
        made = file.create_dataset("data", (1000, 1 << 16), "u1", **options)
        made[:64] = 0
        sizes = {made.id.get_chunk_info(i).size for i in range(64)}
    (size,) = sizes
    content, lie = path.read_bytes(), (1 << 30).to_bytes(4, "little")
    for i in range(64):  # an entry of the index: size, filters, place
        entry = (0).to_bytes(4, "little") + i.to_bytes(8, "little") + bytes(16)
        assert size.to_bytes(4, "little") + entry in content
        content = content.replace(size.to_bytes(4, "little") + entry, lie + entry)
    path.write_bytes(content)
    with h5py.File(path) as file:
        assert file["data"].id.get_storage_size() == 64 << 30, "a working trap"
    refuse(path, "declares 65,536,000 bytes")


def test_numbers_are_float32_and_finite(path):
    with h5py.File(path, "w") as file:
        file["data"] = VALUES
        file["nan"] = [1, np.nan]
        file["infinity"] = [1, -np.inf]

    def read_numbers(name: str) -> np.ndarray:
        with open_hdf5(path, ModelError) as file:
            return numbers(dataset(file, name, ModelError), ModelError)

    assert read_numbers("data").dtype == np.float32
    np.testing.assert_array_equal(read_numbers("data"), VALUES)
    for name in ("nan", "infinity"):
        with pytest.raises(ModelError, match="finite"):
            read_numbers(name)


def test_numbers_beyond_float32_are_refused_without_a_warning(path):
    with h5py.File(path, "w") as file:
        file["data"] = [1e300]
    with pytest.raises(ModelError, match="finite"), open_hdf5(path, ModelError) as file:
        numbers(dataset(file, "data", ModelError), ModelError)


@pytest.mark.parametrize(
    "content", [b"", b"just text\n", b"\x89HDF\r\n\x1a\n" + b"x" * 99]
)
def test_other_files_are_refused(path, content):
    path.write_bytes(content)
    refuse(path, "HDF5")


def test_missing_files_folders_and_pipes_are_refused(path):
    refuse(path, "no such file")
    refuse(path.parent, "expected an HDF5 file")
    os.mkfifo(path)
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("waits for a pipe"))
    signal.alarm(5)
    try:
        refuse(path, "expected an HDF5 file")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_too_long_a_name_is_refused(tmp_path):
    refuse(tmp_path / ("x" * 300), "expected an HDF5 file")


def test_truncated_file_is_refused(path):
    with h5py.File(path, "w") as file:
        file["data"] = np.random.default_rng(0).normal(size=10_000)
    content = path.read_bytes()
    for length in (100, 1000, 50_000):
        path.write_bytes(content[:length])
        refuse(path, "whole")


def test_damaged_chunk_is_refused(path):
    noise = np.random.default_rng(0).integers(0, 256, 100_000, np.uint8)
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=noise, fletcher32=True, chunks=(10_000,))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    refuse(path, "can not be read")


def test_child_finds_nested_groups(path):
    with h5py.File(path, "w") as file:
        file.create_group("a/b")
    with open_hdf5(path, DatasetError) as file:
        assert child(file, "a/b", DatasetError).name == "/a/b"


def test_one_line():
    assert one_line("a\n  b\tc\x1b[2Jd") == "a b c?[2Jd"
    assert len(one_line("x" * 999)) == 200


@pytest.mark.parametrize("chunks", [None, (1, 3)])
def test_values_that_were_never_written_are_refused(path, chunks):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (2, 3), "f8", chunks=chunks)
        if chunks:
            data[0] = 1.0
        file.create_dataset("empty", (0, 3), "f8")
    refuse(path, "never written")
    assert read(path, "empty").shape == (0, 3)
