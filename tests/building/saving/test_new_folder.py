"""A folder appears whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toys import ROOT

from build.saving import new_folder as module
from build.saving.new_folder import check_place, new_folder
from repair.errors import RepairFailedError, SettingError


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    (folder / "variables").mkdir(parents=True)
    (folder / "variables" / "data").write_text("old")
    (folder / "only_old").write_text("old")
    return folder


def write(folder: Path, text: str) -> None:
    (folder / "variables").mkdir()
    (folder / "variables" / "data").write_text(text)


def content(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.mark.parametrize("can_exchange", [True, False])
def test_new_replaces_old_whole(old, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(module, "_exchange", lambda *_: False)
    with new_folder(old) as unfinished:
        assert not list(unfinished.iterdir())
        write(unfinished, "new")
        assert content(old)["variables/data"] == "old"
    assert content(old) == {"variables/data": "new"}
    assert list(old.parent.iterdir()) == [old]


def test_first_build_makes_the_parents(tmp_path):
    folder = tmp_path / "a" / "b" / "toy"
    with new_folder(folder) as unfinished:
        assert not folder.exists()
        write(unfinished, "new")
    assert content(folder) == {"variables/data": "new"}
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, RepairFailedError])
def test_failure_keeps_the_old_and_leaves_nothing(old, failure):
    before = content(old)
    with pytest.raises(failure), new_folder(old) as unfinished:
        write(unfinished, "new")
        raise failure
    assert content(old) == before
    assert list(old.parent.iterdir()) == [old]


def test_interruption_just_after_the_folder_was_made_leaves_nothing(old, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "flock", interrupted)
    with pytest.raises(KeyboardInterrupt), new_folder(old):
        pytest.fail("it was interrupted")
    assert list(old.parent.iterdir()) == [old]


def test_a_swallowed_interruption_keeps_the_old_and_leaves_nothing(old, swallowed):
    before = content(old)
    with pytest.raises(KeyboardInterrupt), new_folder(old) as unfinished:
        write(unfinished, "new")
    assert content(old) == before
    assert list(old.parent.iterdir()) == [old]


def test_full_disk_is_one_line_and_keeps_the_old(old):
    before = content(old)
    with (
        pytest.raises(
            RepairFailedError, match=r"what was there stays.*No space"
        ) as fail,
        new_folder(old),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "\n" not in str(fail.value)
    assert content(old) == before


def test_second_build_is_refused_and_disturbs_nothing(old):
    with new_folder(old) as unfinished:
        write(unfinished, "first")
        with pytest.raises(RepairFailedError, match="another build"), new_folder(old):
            pytest.fail("two builds in one place")
        assert content(unfinished) == {"variables/data": "first"}
    assert content(old) == {"variables/data": "first"}
    with new_folder(old) as unfinished:
        write(unfinished, "second")
    assert content(old) == {"variables/data": "second"}


def test_lock_of_another_process_counts(old):
    place = old.with_name(".toy.building")
    place.mkdir()
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(RepairFailedError, match="another build"), new_folder(old):
            pytest.fail("the lock is taken")
    finally:
        os.close(descriptor)


def test_stale_leftovers_are_removed(old):
    leftover = old.with_name(".toy.building")
    write_stale = leftover / "variables" / "part"
    write_stale.parent.mkdir(parents=True)
    write_stale.write_text("stale")
    (leftover / "card.json").write_text("{")
    with new_folder(old) as unfinished:
        assert not list(unfinished.iterdir())
        write(unfinished, "new")
    assert content(old) == {"variables/data": "new"}
    assert list(old.parent.iterdir()) == [old]


def test_a_link_in_the_place_of_the_unfinished_is_refused_and_nothing_is_removed(old):
    """Whoever may write beside the target could else choose what is emptied."""
    precious = old.parent / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    old.with_name(".toy.building").symlink_to(precious)
    before = content(old)
    with (
        pytest.raises(RepairFailedError, match=r"\.toy\.building.*Remove it"),
        new_folder(old),
    ):
        pytest.fail("it is a link")
    assert content(precious) == {"file": "kept"}
    assert content(old) == before


def test_links_among_stale_leftovers_are_not_followed(old):
    precious = old.parent / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    leftover = old.with_name(".toy.building")
    leftover.mkdir()
    (leftover / "link").symlink_to(precious)
    with new_folder(old) as unfinished:
        write(unfinished, "new")
    assert content(precious) == {"file": "kept"}
    assert content(old) == {"variables/data": "new"}


def test_stale_older_folder_blocks_no_build(old, monkeypatch):
    monkeypatch.setattr(module, "_exchange", lambda *_: False)
    stale = old.with_name(".toy.older")
    stale.mkdir()
    (stale / "data").write_text("older")
    with new_folder(old) as unfinished:
        write(unfinished, "new")
    assert content(old) == {"variables/data": "new"}


def test_file_in_its_place_is_refused_and_kept(tmp_path):
    (tmp_path / "toy").write_text("precious")
    with (
        pytest.raises(RepairFailedError, match="Received: a file"),
        new_folder(tmp_path / "toy"),
    ):
        pytest.fail("there is a file")
    assert content(tmp_path) == {"toy": "precious"}


def test_relative_folders_and_links_are_followed(old, monkeypatch):
    (old.parent / "link").symlink_to(old)
    monkeypatch.chdir(old.parent)
    with new_folder(Path("link")) as unfinished:
        write(unfinished, "new")
    assert content(old) == {"variables/data": "new"}
    assert (old.parent / "link").is_symlink()


@pytest.mark.parametrize("name", ["x" * 250, "loop"])
def test_a_name_that_no_folder_can_have_is_told_before_any_work(tmp_path, name):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SettingError, match="can not be written") as refusal:
        check_place(tmp_path / name)
    assert str(refusal.value).startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("here", ["old", "old/variables"])
def test_where_somebody_is_nothing_is_replaced(old, monkeypatch, here):
    monkeypatch.chdir(old if here == "old" else old / "variables")
    with pytest.raises(SettingError, match="the one that you are in"):
        check_place(old)


WRITER = """
import sys
from pathlib import Path
from build.saving.new_folder import new_folder
for turn in range(100_000):
    with new_folder(Path(sys.argv[1])) as unfinished:
        for i in range(20):
            (unfinished / str(i)).write_text(str(turn))
"""


def test_killed_writers_never_leave_a_broken_folder(tmp_path):
    folder, dice = tmp_path / "toy", random.Random(0)  # noqa: S311
    for _ in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, folder], cwd=ROOT)
        try:
            while not folder.exists():
                assert writer.poll() is None
                time.sleep(0.005)
            time.sleep(0.15 + dice.random() * 0.2)
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        found = content(folder)
        assert set(found) == {str(i) for i in range(20)}
        assert len(set(found.values())) == 1
    with new_folder(folder) as unfinished:
        assert not list(unfinished.iterdir())
    assert list(tmp_path.iterdir()) == [folder]
