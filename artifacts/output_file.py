"""A file of results that appears whole, and can be resumed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from artifacts.errors import DetectorError, printable
from artifacts.reading.unwritten import check_place


def of_another_run(shown: str, leftover: str) -> DetectorError:
    """The error where results of other settings were left behind."""
    return DetectorError(
        f"{shown}: {leftover} was left by an interrupted run with another detector or other "
        "options. Finish that run, or remove it."
    )


def of_an_interrupted_run(shown: str, leftover: str) -> DetectorError:
    """The error where results of these settings are to be continued, or not."""
    return DetectorError(
        f"{shown}: an interrupted run left its results in {leftover}. Continue it with "
        "--resume, or remove that to start anew."
    )


class OutputFile:
    """A file that is written beside its place, hidden, and put there when finished.

    Args:
        place: Where the finished file goes. Links are followed.
        mark: Names the settings; results of other settings are not continued.
        resume: Continue what an interrupted run left behind, if anything.
        batch: As many lines are trusted together.

    Attributes:
        trusted: Number of lines that are there already.

    Raises:
        DetectorError: If the place can not be written, another run is writing it, or
            results of an interrupted run are there and ``resume`` is off or ``mark``
            another.
    """

    def __init__(self, place: Path, mark: str, *, resume: bool, batch: int) -> None:
        self._place = Path(os.path.realpath(place))
        self._shown = printable(str(place))
        self._partial = self._place.with_name(f".{self._place.name}.{mark}.partial")
        check_place(place)
        try:
            self._file = self._locked()
            try:
                self._check_leftovers(resume)
            except BaseException:
                self.close()
                raise
            self.trusted, end = _whole_lines(self._partial, batch) if resume else (0, 0)
            self._file.truncate(end)
            self._file.seek(end)
        except OSError as reason:
            raise self._error(reason) from reason

    def lines(self) -> Iterator[bytes]:
        """The trusted lines."""
        with self._partial.open("rb") as file:
            yield from islice(file, self.trusted)

    def write(self, lines: str) -> None:
        """Writes whole lines.

        Raises:
            DetectorError: If the disk is full or the like; what was written stays.
        """
        left = memoryview(lines.encode())
        try:
            while left:  # a disk that is nearly full takes a part
                left = left[self._file.write(left) :]
        except OSError as reason:
            raise self._error(reason) from reason

    def finish(self) -> None:
        """Puts the file in its place.

        Raises:
            DetectorError: If that can not be done.
        """
        try:
            os.fsync(self._file.fileno())
            self._partial.replace(self._place)
            folder = os.open(self._place.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        except OSError as reason:
            raise self._error(reason) from reason

    def close(self) -> None:
        """Leaves the results so far for ``--resume``; if there are none, nothing."""
        if self._is_ours(self._file) and not os.fstat(self._file.fileno()).st_size:
            self._partial.unlink()
        self._file.close()

    def _check_leftovers(self, resume: bool) -> None:
        """Looks at what belongs to this very name, once no other run can begin."""
        ours = re.escape(f".{self._place.name}.") + r"[0-9a-f]{8}\.partial"
        for path in self._place.parent.iterdir():
            if not re.fullmatch(ours, path.name):
                continue
            if path != self._partial and is_locked(path):
                raise self._busy()
            if not path.stat().st_size:
                continue
            name = printable(str(path))
            if path != self._partial:
                raise of_another_run(self._shown, name)
            if not resume:
                raise of_an_interrupted_run(self._shown, name)

    def _locked(self) -> BinaryIO:
        import fcntl

        descriptor = os.open(
            self._partial, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666
        )
        file = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        if file.closed or not self._is_ours(file):
            raise self._busy()
        return file

    def _is_ours(self, file: BinaryIO) -> bool:
        """Whether the file still has the name of the partial one."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._partial.lstat())
        except FileNotFoundError:
            return False

    def _busy(self) -> DetectorError:
        return DetectorError(f"{self._shown}: another run is writing this file.")

    def _error(self, reason: OSError) -> DetectorError:
        return DetectorError(
            f"{self._shown}: can not be written. Received: {reason.strerror or reason}."
            f"{self._left()}"
        )

    def _left(self) -> str:
        """Where the results so far are, if there are any."""
        try:
            if not self._partial.stat().st_size:
                return ""
        except OSError:
            return ""
        return (
            f" The results so far are in {printable(str(self._partial))}: make room and "
            "continue with --resume, or remove it."
        )


def is_locked(path: Path) -> bool:
    """Whether a run that goes on writes there."""
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a folder, if Ray ran
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _whole_lines(path: Path, batch: int) -> tuple[int, int]:
    """Number of whole lines, in whole batches, and the bytes that they take."""
    trusted = end = offset = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            offset += len(line)
            if line.endswith(b"\n") and number % batch == 0:
                trusted, end = number, offset
    return trusted, end
