"""Folders of images, whatever else is in them."""

from __future__ import annotations

from artifacts.reading.folders import walk


def test_a_link_to_itself_is_one_entry_among_others(tmp_path):
    for name in ("a.png", "z.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found = [str(each).removeprefix(f"{tmp_path}/") for each in walk(str(tmp_path))]
    assert found == ["a.png", "loop.png", "z.png"]
