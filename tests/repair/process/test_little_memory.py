"""Little memory while an HDF5 file is asked for sizes that may be lies."""

from __future__ import annotations

import mmap
import resource
import sys
from pathlib import Path

import h5py
import pytest
from broken_hdf5 import lengthen_text

from repair.errors import ModelError
from repair.process import little_memory as module
from repair.process.little_memory import LITTLE, sparing
from repair.reading.attributes import text
from repair.reading.hdf5 import open_hdf5

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is limited on Linux alone"
)


def limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_AS)


def take(size: int) -> None:
    mmap.mmap(-1, size).close()


def test_much_memory_is_refused_inside_alone():
    before = limits()
    with sparing():
        take(LITTLE // 2)
        with pytest.raises(OSError, match="memory"):
            take(LITTLE + (1 << 20))
    take(LITTLE + (1 << 20))
    assert limits() == before


def test_an_error_inside_lifts_the_limit_too():
    before = limits()
    with pytest.raises(ZeroDivisionError), sparing():
        raise ZeroDivisionError
    assert limits() == before


def test_what_asks_for_more_is_a_lie_but_not_under_a_limit_of_the_user():
    before, most = limits()
    with pytest.raises(ValueError, match="not to be believed"), sparing():
        raise MemoryError
    held = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_AS, (held + (64 << 20), most))
    try:
        with pytest.raises(MemoryError), sparing():
            raise MemoryError
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))


def test_a_lower_limit_of_the_user_stays():
    before, most = limits()
    held = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    lower = held + (64 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (lower, most))
    try:
        with sparing():
            assert limits()[0] == lower
        assert limits()[0] == lower
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))


def test_elsewhere_nothing_is_limited(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_HELD", tmp_path / "missing")
    before = limits()
    with sparing():
        assert limits() == before


def test_a_text_that_declares_gigabytes_is_refused(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.attrs["name"] = "short"
    with (
        pytest.raises(ModelError, match="can not be read as HDF5"),
        open_hdf5(lengthen_text(tmp_path / "file.h5"), ModelError) as file,
    ):
        text(file, "name", ModelError)
