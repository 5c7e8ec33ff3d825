"""Places that can not be written, full disks and signals: the old stays, nothing is left."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toys import ROOT, SHAPE, build_options, run_python, stopped_at

QUICK = ("--method", "reference", "--fraction", 0.25, "--epochs", 0)
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


def commands(files: Path, out: Path) -> dict[str, list[object]]:
    shape = ("--image-shape", *SHAPE)
    clean, model = files / "clean.h5", files / "badnet.h5"
    return {
        "sheet": ["repair", "sheet", clean, "--out", out, *shape],
        "flags": ["repair", "flags", clean, "--out", out, *shape],
        "fine-prune": [
            *("repair", "fine-prune", model, "--clean", clean, "--out", out, *QUICK)
        ],
        "inspect": ["repair", "inspect", model, clean, "--out", out],
        "build": ["build", "--model", model, "--clean", clean, "--out", out, *QUICK],
    }


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "command", ["sheet", "flags", "fine-prune", "inspect", "build"]
)
@pytest.mark.parametrize(
    "place", ["pipe.csv", "loop.csv", "/proc/new.csv", "file/x.csv"]
)
def test_odd_places_are_one_line(run_here, files, tmp_path, command, place):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "file").write_text("old")
    before = names(tmp_path)
    answer = run_here(*commands(files, tmp_path / place)[command])
    if place == "loop.csv" and answer.code == 0:  # the new file is where the link was
        return
    *said, line = answer.err.splitlines()
    assert answer.code in (1, 2)
    assert answer.out == ""
    assert line.startswith("error: ")
    assert "Traceback" not in answer.err
    assert command == "build" or (not said and answer.code == 2)
    assert names(tmp_path) == before
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.parametrize("command", ["sheet", "flags"])
def test_devices_are_not_replaced(run_here, files, tmp_path, command):
    link = tmp_path / "null.csv"
    link.symlink_to("/dev/null")
    answer = run_here(*commands(files, link)[command])
    assert answer.code == 2
    assert "Received: another thing" in answer.error
    assert Path("/dev/null").is_char_device()


def test_links_to_files_stay_links(run_here, files, tmp_path):
    (tmp_path / "old.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("old.csv")
    answer = run_here(*commands(files, tmp_path / "link.csv")["flags"])
    assert answer.code == 0, answer.err
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "old.csv").read_text() != "old"
    assert names(tmp_path) == {"old.csv", "link.csv"}


@pytest.mark.parametrize("command", ["sheet", "flags"])
def test_full_disk_keeps_the_old_file(run_here, files, tmp_path, monkeypatch, command):
    out = tmp_path / {"sheet": "old.png", "flags": "old.csv"}[command]
    out.write_text("old")

    def full(self: Path, _: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(Path, "replace", full)
    answer = run_here(*commands(files, out)[command])
    assert answer.code == 2
    assert "No space left" in answer.error
    assert "run it again" in answer.error
    assert out.read_text() == "old"
    assert names(tmp_path) == {out.name}


@pytest.mark.parametrize("command", ["sheet", "inspect"])
def test_a_full_disk_is_told_of_the_place_that_was_given(
    run_here, files, tmp_path, monkeypatch, command
):
    """Though the system, where a file is open, does not say which."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("repair.commands.data.contact_sheet", full)
    monkeypatch.setattr("repair.commands.inspect.inspect_network", full)
    out = tmp_path / "x.png"
    answer = run_here(*commands(files, out)[command])
    assert answer.code == 2
    assert answer.error.startswith(f"error: {out}: No space left")


@pytest.mark.parametrize("command", ["fine-prune", "build", "sheet"])
def test_libraries_that_find_the_disk_full_are_one_line(files, tmp_path, command):
    """A limit on the size of files stands in for the disk."""
    out = tmp_path / "x.png"
    answer = run_python("-c", LIMITED, *commands(files, out)[command])
    assert answer.code == (1 if command == "build" else 2), answer.err
    assert answer.out == ""
    errors = [line for line in answer.err.splitlines() if "error: " in line]
    assert len(errors) == 1, answer.err
    assert "too large" in errors[0] or "can not be written" in errors[0]
    assert "Traceback" not in answer.err
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_terminated_build_leaves_nothing_and_says_so(files, tmp_path):
    """SIGTERM, as soon as the folder for the new artifact is there."""
    options = build_options(files, tmp_path / "toy")
    answer = stopped_at(tmp_path / ".toy.building", "-m", "build", *options)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.splitlines()[-1].startswith("interrupted; older artifacts stay")
    assert "Traceback" not in answer.err
    assert not names(tmp_path)


def _without_override() -> None:
    """Makes permissions count for the superuser too: drops CAP_DAC_OVERRIDE at exec."""
    drop_from_bounding_set, override = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, override, 0, 0, 0)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="capabilities of Linux"
)
@pytest.mark.parametrize(
    "command", ["sheet", "flags", "fine-prune", "inspect", "build"]
)
def test_a_folder_without_permission_is_one_line(files, tmp_path, command):
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "old.csv").write_text("old")
    closed.chmod(0o555)
    new = closed / {"flags": "new.csv"}.get(command, "new.h5")
    done = subprocess.run(
        [sys.executable, "-m", *map(str, commands(files, new)[command])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_without_override,
    )
    closed.chmod(0o755)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("error: ")
    assert "ermission" in line or "can not be written" in line
    assert names(closed) == {"old.csv"}
    assert (closed / "old.csv").read_text() == "old"
