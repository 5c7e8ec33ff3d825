"""A folder that appears whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from artifacts.listed import CARD
from artifacts.streams import check_interrupted
from repair.errors import RepairFailedError, SettingError
from repair.process.writable import check_name

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yields an empty folder beside ``folder`` and, if all goes well, puts it there.

    An older ``folder`` stays untouched until then, and if anything fails. What a killed
    build left behind is removed by the next one.

    Args:
        folder: Where the finished folder goes; its parents are made.

    Raises:
        RepairFailedError: If the place can not be written, or another build is writing it.
    """
    folder = Path(os.path.realpath(folder))  # an endless link is no error yet
    if folder.exists() and not folder.is_dir():
        raise RepairFailedError(f"{folder}: expected a folder. Received: a file.")
    unfinished = folder.with_name(f".{folder.name}.building")
    try:
        lock = _locked(unfinished)
        try:
            _empty(lock)
            yield unfinished
            check_interrupted()
            _put(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
            os.close(lock)
    except KeyboardInterrupt:
        with suppress(OSError):  # if it came just after the folder was made
            unfinished.rmdir()
        raise
    except OSError as reason:
        raise RepairFailedError(
            f"{folder}: can not be written; what was there stays. "
            f"Received: {reason.strerror or reason}."
        ) from reason


def check_place(folder: Path) -> None:
    """Makes sure that the place can be written, and holds nothing but an older artifact.

    Raises:
        SettingError: If ``folder`` is a file, holds something else, or can not be written.
    """
    parent = check_name(folder)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise SettingError(
            f"{folder}: can not be written, there is no permission to in {parent}. "
            "Choose another place."
        )
    if not folder.exists():
        return
    if Path(os.path.realpath(".")).is_relative_to(os.path.realpath(folder)):
        raise SettingError(
            f"{folder}: expected another folder than the one that you are in, which can not "
            "be replaced meanwhile. Give --out a new one, or go elsewhere."
        )
    if not folder.is_dir():
        raise SettingError(f"{folder}: expected a folder or nothing. Received: a file.")
    if any(folder.iterdir()) and not (folder / CARD).is_file():
        raise SettingError(
            f"{folder}: holds something else than an artifact, and is not replaced. "
            "Choose a new folder."
        )


def _locked(unfinished: Path) -> int:
    """Makes the folder and takes the lock on it, until the descriptor is closed."""
    if unfinished.is_symlink() or (unfinished.exists() and not unfinished.is_dir()):
        raise RepairFailedError(
            f"{unfinished}: expected a folder of an unfinished build, or nothing. Received: "
            "something else, which nobody needs. Remove it."
        )
    unfinished.mkdir(parents=True, exist_ok=True)
    lock = os.open(unfinished, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(lock), unfinished.lstat()):
            raise BlockingIOError
    except (BlockingIOError, FileNotFoundError) as reason:
        os.close(lock)
        raise RepairFailedError(
            f"{unfinished}: another build is at work here. Wait until it has ended."
        ) from reason
    return lock


def _empty(folder: int) -> None:
    """Removes what is in an opened folder; of links, the links."""
    for name in os.listdir(folder):
        if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)


def _put(finished: Path, folder: Path) -> None:
    """Moves ``finished`` to ``folder``, in one step where the system can."""
    if not folder.exists():
        finished.rename(folder)
    elif not _exchange(finished, folder):
        older = folder.with_name(f".{folder.name}.older")
        shutil.rmtree(older, ignore_errors=True)
        folder.rename(older)
        finished.rename(folder)
        shutil.rmtree(older)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two folders in one step; False where the system has no such call."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    names = os.fsencode(one), os.fsencode(other)
    return rename is not None and not rename(
        _AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE
    )
