"""A file appears whole or not at all, and nothing is written through somebody's link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from repair.errors import SettingError
from repair.process.whole_file import (
    make_folder,
    new_file,
    write_report,
    write_whole,
)


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


REPORT = {"label_1.png": b"one", "a.json": b"{}", "a.html": b"page"}
NAMES = r"label_\d+\.png"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_report_takes_the_place_of_an_older_one_and_of_nothing_else(tmp_path):
    write_report(tmp_path, REPORT | {"label_2.png": b"two"}, NAMES)
    mine = {"label_2.jpg": b"mine", "my_label_2.png": b"mine", "label_x.png": b"mine"}
    for name, content in mine.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "label_3.png").mkdir()
    new = REPORT | {"a.html": b"new"}
    write_report(tmp_path, new, NAMES)
    (tmp_path / "label_3.png").rmdir()
    assert contents(tmp_path) == new | mine


def test_where_no_older_report_is_nothing_goes(tmp_path):
    (tmp_path / "label_2.png").write_bytes(b"mine")
    write_report(tmp_path, REPORT, NAMES)
    assert contents(tmp_path) == REPORT | {"label_2.png": b"mine"}


@pytest.mark.parametrize("name", REPORT)
def test_an_older_report_stays_whole_if_a_file_can_not_be_written(tmp_path, name):
    older = REPORT | {"label_2.png": b"two"}
    write_report(tmp_path, older, NAMES)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(SettingError, match="expected a file"):
        write_report(tmp_path, dict.fromkeys(REPORT, b"new"), NAMES)
    (tmp_path / name).rmdir()
    assert contents(tmp_path) == {x: older[x] for x in older if x != name}
