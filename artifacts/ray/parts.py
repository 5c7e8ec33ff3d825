"""The files of finished shards, hidden until all are there; what is there is not redone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from artifacts.errors import DetectorError, printable
from artifacts.listed import check_outside
from artifacts.output_file import is_locked, of_an_interrupted_run, of_another_run
from artifacts.ray.shards import Shard

_KINDS = ("", "errors-")
_RECORD = re.compile(r"(\d{5,})\.done")


class Done(NamedTuple):
    """What is known of a finished shard."""

    inputs: str
    labelled: int
    failed: int


def write_part(
    folder: Path, number: int, suffix: str, contents: tuple[bytes, bytes], done: Done
) -> None:
    """Writes the labels and the failures of a shard, and last that it is done.

    Whoever does it again, at the same time even, writes the same bytes; a file is there
    whole or not at all.

    Raises:
        OSError: If the disk is full or the like.
    """
    for kind, content in zip(_KINDS, contents, strict=True):
        place = folder / f"{kind}{number:05}{suffix}"
        if content:
            _write(place, content)
        else:
            place.unlink(missing_ok=True)
    _write(folder / f"{number:05}.done", json.dumps(done).encode())


def _write(place: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o644)
            file.write(content)
            file.flush()
            os.fsync(handle)
        Path(name).replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


class Parts:
    """The hidden folder of a run, ``.NAME.MARK.partial``, where workers write.

    Args:
        prefix: Where the finished files go: ``PREFIX-00000-of-00004.tsv`` and so on.
        suffix: Of these.
        mark: Names artifact and settings; results of others are not continued.
        resume: Continue what an interrupted run left behind, if anything.

    Raises:
        DetectorError: If the folder can not be made, another run is using it, or there
            are results, whole ones or, unless ``resume``, an interrupted run's.
    """

    def __init__(self, prefix: str, suffix: str, mark: str, *, resume: bool) -> None:
        self._prefix, self._suffix = Path(os.path.realpath(prefix)), suffix
        self._shown = printable(prefix)
        check_outside(self._prefix)
        self.folder = self._prefix.with_name(f".{self._prefix.name}.{mark}.partial")
        try:
            self._check_leftovers(resume)
            self.folder.mkdir(exist_ok=True)
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise self._busy() from reason
        except OSError as reason:
            raise self._error(reason) from reason
        self._there = self.numbers()

    def numbers(self) -> set[int]:
        """Of the shards that are done, as this machine sees them."""
        names = map(_RECORD.fullmatch, os.listdir(self.folder))  # noqa: PTH208
        return {int(found[1]) for found in names if found}

    def done(self, shard: Shard) -> Done | None:
        """What an earlier run noted about this very shard; None if nothing.

        Raises:
            DetectorError: If it labelled other inputs.
        """
        if shard.number not in self._there:
            return None
        try:
            text = (self.folder / f"{shard.number:05}.done").read_bytes()
            done = Done(*json.loads(text))
        except (OSError, ValueError, TypeError):
            return None
        if done.inputs != shard.digest():
            raise DetectorError(
                "--resume: the results so far are of other inputs than these. Give the "
                f"same inputs in the same order, or remove {printable(str(self.folder))} "
                "to start anew."
            )
        return done

    def finish(self, count: int) -> None:
        """Gives the files of all shards their names, once all are there.

        Raises:
            DetectorError: If one is missing, or that can not be done.
        """
        if missing := sorted(set(range(count)) - self.numbers()):
            raise DetectorError(
                f"{self._shown}: {len(missing)} of {count} files are not there, though "
                "workers wrote them. Expected a file system that all machines share."
            )
        try:
            for number in range(count):
                for kind in _KINDS:
                    name = f"{kind}{number:05}"
                    with contextlib.suppress(FileNotFoundError):
                        (self.folder / f"{name}{self._suffix}").replace(
                            f"{self._prefix}-{name}-of-{count:05}{self._suffix}"
                        )
            shutil.rmtree(self.folder)
        except OSError as reason:
            raise self._error(reason) from reason

    def close(self) -> None:
        """Leaves what is done for ``--resume``; if nothing is, no folder."""
        with contextlib.suppress(OSError):
            if not self.numbers():
                shutil.rmtree(self.folder)
        os.close(self._lock)

    def _check_leftovers(self, resume: bool) -> None:
        name = re.escape(self._prefix.name)
        paths = sorted(self._prefix.parent.iterdir())
        for path in paths:
            if not re.fullmatch(rf"\.{name}\.[0-9a-f]{{8}}\.partial", path.name):
                continue
            shown = printable(str(path))
            if is_locked(path / "lock"):
                raise self._busy()
            if path != self.folder:
                raise of_another_run(self._shown, shown)
            if resume:
                return  # what was put in place already belongs to that run
            if any(path.glob("*.done")):
                raise of_an_interrupted_run(self._shown, shown)
        for path in paths:
            if re.fullmatch(rf"{name}-(errors-)?\d+-of-\d+\..*", path.name):
                raise DetectorError(
                    f"{self._shown}: expected no older results. Received: "
                    f"{printable(str(path))}. Remove them, or choose another --output."
                )

    def _busy(self) -> DetectorError:
        return DetectorError(f"{self._shown}: another run is writing these files.")

    def _error(self, reason: OSError) -> DetectorError:
        return DetectorError(
            f"{self._shown}: can not be written. Received: {reason.strerror or reason}."
        )
