"""Places that can never be written are told by their name, before any work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from repair.errors import SettingError
from repair.process.whole_file import new_file
from repair.process.writable import check_file, check_name


@pytest.fixture
def places(tmp_path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize("name", ["new", "file", "folder/new.x", "b" * 237])
def test_places_that_can_be_written_are_let_pass(places, name):
    check_file(places / name)
    with new_file(places / name) as unfinished:
        unfinished.write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder", "a file or nothing. Received: a folder"),
        ("pipe", "Received: another thing"),
        ("none/new", "Received: no such folder, .*none"),
        ("file/new", "Received: a file, .*file"),
        ("loop", "Received: Too many levels"),
        ("b" * 238, "name of 238 bytes, where 237 are the most"),
        ("b" * 300, "Received: File name too long"),
    ],
)
def test_places_that_can_not_be_written_are_told_as_they_were_given(
    places, name, message
):
    with pytest.raises(SettingError, match=message) as refusal:
        check_file(places / name)
    assert str(refusal.value).startswith(f"{places / name}: ")
    assert "writing" not in str(refusal.value)


def test_a_folder_that_the_command_makes_will_be_there(places):
    check_file(places / "a" / "b" / "x.sarif", made=places / "a" / "b")
    check_file(places / "a" / "x.sarif", made=places / "a" / "b")
    with pytest.raises(SettingError, match="no such folder"):
        check_file(places / "a" / "c" / "x.sarif", made=places / "a" / "b")
    with pytest.raises(SettingError, match="Received: a file"):
        check_file(places / "file" / "x.sarif", made=places / "file" / "b")


def test_the_lowest_folder_that_is_there_is_told(places):
    assert check_name(places / "folder" / "a" / "b") == places / "folder"
