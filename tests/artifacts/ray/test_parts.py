"""Files of finished shards: whole or not there, kept for the next run, named at the end."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from artifacts.errors import DetectorError
from artifacts.ray import parts as module
from artifacts.ray.parts import Done, Parts, write_part
from artifacts.ray.shards import Shard
from artifacts.reading.sources import Piece

MARK = "0123abcd"


def shard(number: int) -> Shard:
    return Shard(number, (Piece(f"{number}.png"),), ())


def write(parts: Parts, number: int, labels: bytes = b"3\tx\n", errors: bytes = b""):
    done = Done(shard(number).digest(), len(labels), len(errors))
    write_part(parts.folder, number, ".tsv", (labels, errors), done)
    return done


def started(folder: Path, mark: str = MARK, *, resume: bool = False) -> Parts:
    return Parts(str(folder / "out"), ".tsv", mark, resume=resume)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_get_their_names_at_the_end(tmp_path):
    parts = started(tmp_path)
    write(parts, 1, b"", b"no\n")
    write(parts, 0)
    assert names(tmp_path) == [f".out.{MARK}.partial"]
    parts.finish(2)
    parts.close()
    assert names(tmp_path) == [
        "out-00000-of-00002.tsv",
        "out-errors-00001-of-00002.tsv",
    ]
    assert (tmp_path / "out-00000-of-00002.tsv").read_bytes() == b"3\tx\n"
    assert (tmp_path / "out-00000-of-00002.tsv").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("mark", [MARK, "89abcdef"])
@pytest.mark.parametrize("resume", [False, True])
def test_a_run_that_goes_on_is_not_called_interrupted(tmp_path, mark, resume):
    parts = started(tmp_path)
    write(parts, 0)
    with pytest.raises(DetectorError, match="another run is writing these files"):
        started(tmp_path, mark, resume=resume)
    parts.close()
    with pytest.raises(DetectorError, match="interrupted run"):
        started(tmp_path, mark)


def test_results_of_one_machine_are_of_another_run(tmp_path):
    (tmp_path / f".out.{MARK}.partial").write_text("3\ta.png\n")
    with pytest.raises(DetectorError, match="was left by an interrupted run with"):
        started(tmp_path, "89abcdef")


def test_no_file_is_put_into_an_artifact(tmp_path):
    for name in ("card.json", "saved_model.pb"):
        (tmp_path / name).touch()
    with pytest.raises(DetectorError, match="which a further file would break"):
        started(tmp_path)
    assert names(tmp_path) == ["card.json", "saved_model.pb"]


def test_what_is_done_is_known_to_the_next_run(tmp_path):
    parts = started(tmp_path)
    done = write(parts, 3)
    assert parts.done(shard(3)) is None  # not asked of this run's own
    parts.close()
    with pytest.raises(DetectorError, match="Continue it with --resume"):
        started(tmp_path)
    with pytest.raises(DetectorError, match="another detector or other options"):
        started(tmp_path, "99999999", resume=True)
    parts = started(tmp_path, resume=True)
    assert parts.done(shard(3)) == done
    assert parts.done(shard(2)) is None
    with pytest.raises(DetectorError, match="other inputs"):
        parts.done(Shard(3, (Piece("other.png"),), ()))
    parts.close()


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1, 2", "\0"])
def test_broken_record_means_not_done(tmp_path, text):
    parts = started(tmp_path)
    write(parts, 0)
    (parts.folder / "00000.done").write_text(text)
    parts.close()
    parts = started(tmp_path, resume=True)
    assert parts.done(shard(0)) is None
    parts.close()


def test_nothing_done_leaves_nothing(tmp_path):
    started(tmp_path).close()
    assert not names(tmp_path)


def test_older_results_are_never_mixed(tmp_path):
    (tmp_path / "out-errors-00000-of-00001.jsonl").touch()
    for resume in (False, True):
        with pytest.raises(DetectorError, match="no older results"):
            started(tmp_path, resume=resume)
    assert names(tmp_path) == ["out-errors-00000-of-00001.jsonl"]
    (tmp_path / "out-errors-00000-of-00001.jsonl").rename(tmp_path / "out-of-02.jsonl")
    started(tmp_path).close()


def test_run_that_died_while_it_named_files_is_finished(tmp_path, monkeypatch):
    parts = started(tmp_path)
    for number in range(3):
        write(parts, number)
    replace = Path.replace

    def dies(self: Path, target: str) -> object:
        if self.name.startswith("00001"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dies)
        with pytest.raises(DetectorError, match="Input/output error"):
            parts.finish(3)
    parts.close()
    with pytest.raises(DetectorError, match="Continue it with --resume"):
        started(tmp_path)
    parts = started(tmp_path, resume=True)
    assert all(parts.done(shard(number)) for number in range(3))
    parts.finish(3)
    parts.close()
    assert names(tmp_path) == [f"out-0000{n}-of-00003.tsv" for n in range(3)]


def test_missing_part_is_told(tmp_path):
    parts = started(tmp_path)
    write(parts, 0)
    with pytest.raises(DetectorError, match="1 of 2 files are not there"):
        parts.finish(2)
    parts.close()
    assert names(tmp_path) == [f".out.{MARK}.partial"]


def test_two_runs_at_once_are_refused(tmp_path):
    parts = started(tmp_path)
    with pytest.raises(DetectorError, match="another run is writing"):
        started(tmp_path)
    parts.close()


def test_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    parts = started(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(parts, 0)
    assert names(parts.folder) == ["lock"]
    parts.close()


def test_place_that_can_not_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        DetectorError, match=r"out: can not be written\. Received: Not a"
    ):
        started(tmp_path / "file")
    with pytest.raises(DetectorError, match="No such file"):
        started(tmp_path / "none")


def test_second_attempt_takes_the_place_of_the_first(tmp_path):
    parts = started(tmp_path)
    write(parts, 0, b"", b"no\n")
    write(parts, 0, b"3\tx\n", b"")
    parts.finish(1)
    parts.close()
    assert names(tmp_path) == ["out-00000-of-00001.tsv"]
