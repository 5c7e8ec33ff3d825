"""A file appears whole or not at all, and nothing is written through somebody's link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from repair.process.whole_file import make_folder, new_file, write_whole


def test_links_that_lie_in_the_way_are_not_written_through(tmp_path):
    """Whoever may write beside the target could else choose what is overwritten."""
    (tmp_path / "precious").write_text("kept")
    (tmp_path / ".out.building.csv").symlink_to("precious")
    write_whole(tmp_path / "out.csv", b"new")
    assert (tmp_path / "precious").read_text() == "kept"
    assert (tmp_path / "out.csv").read_bytes() == b"new"
    assert not (tmp_path / "out.csv").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"precious", "out.csv"}


@pytest.mark.parametrize("size", [0, 1000])
def test_what_a_killed_run_left_is_no_obstacle(tmp_path, size):
    (tmp_path / ".out.building.csv").write_text("half")
    with new_file(tmp_path / "out.csv", size=size) as unfinished:
        assert unfinished.read_bytes() == bytes(size)
        unfinished.write_text("whole")
    assert (tmp_path / "out.csv").read_text() == "whole"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_deeper_than_python_recurses_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_folder(Path("a/" * 1500))
    os.removedirs("a/" * 1500)  # or pytest fails to: it recurses as well
    assert not list(tmp_path.iterdir())
