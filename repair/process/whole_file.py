"""A file that appears whole or not at all: an older one stays if writing fails."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path

from artifacts.streams import check_interrupted
from repair.errors import SettingError

_ENDING = ".writing"


@contextmanager
def new_file(path: Path, *, size: int = 0) -> Iterator[Path]:
    """Yields a place near ``path`` and, if all goes well, moves what is there to it.

    The place lies in a hidden folder of its own beside ``path``: of two that write one
    file at once, the last one's is there at the end. What killed ones left is removed.

    Args:
        path: Where the finished file goes; the other place has the same name.
        size: About as many bytes as will be written, where a library does not take a
            full disk well: if there is no room for them, it is not even begun.

    Raises:
        SettingError: If ``path`` is a folder, a device or a pipe.
        OSError: If there is no room, or the place can not be written.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise SettingError(
            f"{path}: expected a file or nothing. Received: another thing."
        )
    _remove_leftovers(path)
    with (
        tempfile.TemporaryDirectory(
            dir=path.parent,
            prefix=f".{path.name}.",
            suffix=_ENDING,
            ignore_cleanup_errors=True,
        ) as folder,
        _locked(Path(folder)),
    ):
        unfinished = Path(folder, path.name)
        _begin(unfinished, size)
        yield unfinished
        check_interrupted()
        unfinished.replace(path)


def make_folder(path: Path) -> None:
    """Makes the folder that files are written to.

    Raises:
        SettingError: If a file is there.
    """
    if path.exists() and not path.is_dir():
        raise SettingError(f"{path}: expected a folder. Received: a file.")
    missing = takewhile(lambda each: not each.exists(), path.parents)
    for each in (*reversed(list(missing)), path):  # mkdir(parents=True) recurses
        each.mkdir(exist_ok=True)


@contextmanager
def no_empty_folders(path: Path | None) -> Iterator[None]:
    """If the work fails, folders that it made on the way to ``path`` go, if empty."""
    place = None if path is None else Path(os.path.realpath(path))
    missing = [] if place is None else [place, *place.parents]
    missing = [each for each in missing if not os.path.lexists(each)]
    try:
        yield
    except BaseException:
        for each in missing:
            with suppress(OSError):  # not there, or not empty
                each.rmdir()
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file in one step."""
    with new_file(path) as unfinished:
        unfinished.write_bytes(content)


def write_report(
    folder: Path, contents: Mapping[str, bytes], older: str | None = None
) -> None:
    """Writes the files of a report: all of them, or none if one can not be written.

    Args:
        folder: It exists; files of these names are replaced.
        contents: What each file holds, by its name; the last shows that the report is whole.
        older: Pattern of the names that an older report in this folder gave its files.
            Those that the new one does not have go, once it is there.
    """
    left = [] if older is None else _left(folder, contents, older)
    with ExitStack() as all_of_them:  # the first that is begun is the last to appear
        for name, content in reversed(list(contents.items())):
            unfinished = all_of_them.enter_context(new_file(folder / name))
            unfinished.write_bytes(content)
    for path in left:
        path.unlink(missing_ok=True)


def _left(folder: Path, contents: Mapping[str, bytes], older: str) -> list[Path]:
    """Files of an older report; none where the last file of one is not there."""
    if not (folder / list(contents)[-1]).is_file():
        return []
    return [
        path
        for path in folder.iterdir()
        if re.fullmatch(older, path.name)
        and path.name not in contents
        and path.is_file()
        and not path.is_symlink()
    ]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds a folder for this process, however that ends.

    Raises:
        BlockingIOError: If another one holds it.
        OSError: If it is a link, or none.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def _remove_leftovers(path: Path) -> None:
    """Of those who were killed: who just begins has an empty folder, then holds it."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}{re.escape(_ENDING)}")
    with suppress(OSError):
        for name in filter(ours.fullmatch, os.listdir(path.parent)):  # noqa: PTH208
            folder = path.with_name(name)
            with suppress(OSError):
                if any(folder.iterdir()):
                    with _locked(folder):
                        shutil.rmtree(folder, ignore_errors=True)


def _begin(path: Path, size: int) -> None:
    """Makes a file, with room for its content."""
    with path.open("xb") as file:
        try:
            if size:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError as reason:
            raise OSError(reason.errno, reason.strerror, str(path)) from reason
