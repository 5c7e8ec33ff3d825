"""A file appears whole or not at all, whoever else writes it meanwhile."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toys import ROOT

from repair.errors import SettingError
from repair.process.whole_file import (
    make_folder,
    new_file,
    write_report,
    write_whole,
)

LEFT = ".out.csv.0_3abcde.writing"


def test_links_that_lie_in_the_way_are_not_followed(tmp_path):
    """Whoever may write beside the target could else choose what is emptied."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    (tmp_path / LEFT).symlink_to("precious")
    write_whole(tmp_path / "out.csv", b"new")
    assert (tmp_path / "precious" / "file").read_text() == "kept"
    assert (tmp_path / "out.csv").read_bytes() == b"new"
    assert {path.name for path in tmp_path.iterdir()} == {"precious", "out.csv", LEFT}


@pytest.mark.parametrize("size", [0, 1000])
def test_what_a_killed_run_left_goes(tmp_path, size):
    others = (".out.0_3abcde.writing", ".out.csv.older.building", ".other.csv.0_3abcde")
    for name in (LEFT, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "out.csv").write_text("half")
    with new_file(tmp_path / "out.csv", size=size) as unfinished:
        assert unfinished.read_bytes() == bytes(size)
        assert unfinished.suffix == ".csv"
        unfinished.write_text("whole")
    assert (tmp_path / "out.csv").read_text() == "whole"
    assert {path.name for path in tmp_path.iterdir()} == {"out.csv", *others}


def test_two_at_once_each_write_a_whole_file(tmp_path):
    out = tmp_path / "out.csv"
    with new_file(out) as first:
        first.write_text("fir")
        with new_file(out) as second:
            second.write_text("sec")
            with first.open("a") as file:
                file.write("st")
        assert out.read_text() == "sec"
        assert first.read_text() == "first"
    assert out.read_text() == "first"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_keeps_the_older_file_and_leaves_nothing(tmp_path, failure):
    out = tmp_path / "out.csv"
    out.write_text("older")
    with pytest.raises(failure), new_file(out) as unfinished:
        unfinished.write_text("half")
        raise failure
    assert out.read_text() == "older"
    assert list(tmp_path.iterdir()) == [out]


WRITER = """
import sys
from pathlib import Path
from repair.process.whole_file import new_file
for turn in range(100_000):
    with new_file(Path(sys.argv[1])) as unfinished:
        for i in range(20):
            with unfinished.open("a") as file:
                file.write(f"{sys.argv[2]}{turn:05}")
"""


def test_writers_that_are_killed_while_others_write_never_leave_a_broken_file(tmp_path):
    out, dice = tmp_path / "out", random.Random(0)  # noqa: S311
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, out]
        writers = [subprocess.Popen([*command, x], cwd=ROOT) for x in "ab"]
        try:
            while not out.exists():
                time.sleep(0.005)
            for _ in range(200):
                text = out.read_text()
                assert text == text[:6] * 20
            time.sleep(dice.random() * 0.2)
            assert [writer.poll() for writer in writers] == [None, None]
        finally:
            for writer in writers:
                writer.kill()
                writer.wait()
    write_whole(out, b"end")
    assert not [x for x in tmp_path.glob(".out.*") if list(x.iterdir())]


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
