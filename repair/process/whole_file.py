"""A file that appears whole or not at all: an older one stays if writing fails."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path

from artifacts.streams import check_interrupted
from repair.errors import SettingError


@contextmanager
def new_file(path: Path, *, size: int = 0) -> Iterator[Path]:
    """Yields a place beside ``path`` and, if all goes well, moves what is there to it.

    Args:
        path: Where the finished file goes; the other place has the same ending.
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
    unfinished = path.with_name(f".{path.stem}.building{path.suffix}")
    try:
        _begin(unfinished, size)
        yield unfinished
        check_interrupted()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


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


def _begin(path: Path, size: int) -> None:
    """Makes an empty file, never through a link that somebody may have put there."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        try:
            if size:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError as reason:
            raise OSError(reason.errno, reason.strerror, str(path)) from reason
