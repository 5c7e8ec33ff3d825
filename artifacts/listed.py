"""The files of one folder, each read once, and held against a list of hashes.

What was read is kept: nothing is read again by its path, which may lead to something else
by then. So whatever replaces, edits or removes the folder meanwhile, what was verified is
what is loaded.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from artifacts.errors import DetectorError, printable

CARD = "card.json"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Files that may stand where an artifact belongs.
_IMAGES = (".png", ".jpg", ".jpeg", ".h5", ".npz", ".npy")
# What file managers put into any folder that they show; nothing ever reads these.
_OF_FILE_MANAGERS = {".DS_Store", "Thumbs.db", "desktop.ini"}
# A larger file is first read in pieces, so that one full of nothing fills no memory.
_LARGE = 256 << 20


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """The folder itself: it stays the same one, whatever gets its name meanwhile.

    Raises:
        DetectorError: If there is none.
    """
    try:
        root = os.open(folder, _FOLDER)
    except (OSError, ValueError) as reason:
        raise no_artifact(folder, reason) from reason
    try:
        yield root
    finally:
        os.close(root)


def listed_files(root: int, listed: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """All files of an opened folder but its card, as they are listed.

    Args:
        root: The opened folder.
        listed: SHA-256 of each file, by its path below the folder.
        folder: Where it was, for messages.

    Raises:
        DetectorError: If a file was changed, is missing, or does not belong.
    """
    try:
        present = set(_names(root)) - {CARD} - _OF_FILE_MANAGERS
    except OSError as reason:
        raise no_artifact(folder, reason) from reason
    files = {}
    for name in sorted(present | set(listed)):
        if name not in present:
            raise _changed(folder, name, "is missing")
        if name not in listed:
            raise _changed(folder, name, "is not on the card", "Remove it.")
        try:
            with plain(root, name) as file:
                files[name] = _content(file, listed[name])
        except OSError as reason:
            raise _changed(
                folder, name, f"can not be read, {reason.strerror}"
            ) from reason
        except ValueError as reason:
            raise _changed(folder, name, "is changed") from reason
    return files


def _names(root: int) -> Iterator[str]:
    """Files of the folder and of those in it, which hold no further ones."""
    for name in os.listdir(root):
        if not stat.S_ISDIR(os.lstat(name, dir_fd=root).st_mode):
            yield name
            continue
        below = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=root)
        try:
            yield from (f"{name}/{each}" for each in os.listdir(below))  # noqa: PTH208
        finally:
            os.close(below)


def _content(file: FileIO, expected: str) -> bytes:
    """All of a file, if that has the hash that is expected.

    Raises:
        ValueError: If it has another.
    """
    if os.fstat(file.fileno()).st_size > _LARGE:
        if hashlib.file_digest(file, "sha256").hexdigest() != expected:
            raise ValueError
        file.seek(0)
    content = file.read()
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError
    return content


def plain(root: int, name: str) -> FileIO:
    """A file of the folder, opened for reading.

    Raises:
        OSError: If there is none that can be read, or it is a link, a pipe, a device.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.fdopen(os.open(name, flags, dir_fd=root), "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(0, "not a plain file")
    return file


def check_outside(place: Path) -> None:
    """Makes sure that a file put there breaks no artifact: one holds what is on its card.

    Raises:
        DetectorError: If the place lies in one.
    """
    for folder in Path(os.path.realpath(place)).parents:
        if all(os.path.isfile(folder / x) for x in (CARD, "saved_model.pb")):  # noqa: PTH113
            raise DetectorError(
                f"{printable(str(place))}: expected another place to write to. Received: one "
                f"in the artifact {printable(str(folder))}, which a further file would break."
            )


def no_artifact(folder: Path, reason: OSError | ValueError) -> DetectorError:
    """The error where no artifact can be read."""
    found = reason.strerror if isinstance(reason, OSError) else "an impossible name"
    there = _there(folder)
    if there and isinstance(reason, FileNotFoundError):
        found = f"a folder without {CARD}"
    first = ""
    if there or folder.suffix.lower() in _IMAGES:
        first = " The detector comes first, then what it shall look at."
    return DetectorError(
        f"{printable(str(folder))}: expected an artifact, a folder with its {CARD}. "
        f"Received: {found}. {_instead(folder)}{first}"
    )


def _there(folder: Path) -> bool:
    return os.path.isdir(folder)  # noqa: PTH112 - may be impossible


def _instead(folder: Path) -> str:
    """What may have been meant: an artifact beside it, of a name like it."""
    import difflib

    try:
        beside = [path.parent.name for path in folder.parent.glob(f"*/{CARD}")]
    except (OSError, ValueError):
        beside = []
    like = difflib.get_close_matches(folder.name, beside, 1) or sorted(beside)[:4]
    if like and folder.name not in beside:
        names = " or ".join(printable(str(folder.parent / name)) for name in like)
        return f"Did you mean {names}?"
    if os.path.isfile(folder / "saved_model.pb"):  # noqa: PTH113 - may be impossible
        return (
            "It is a SavedModel, but none that 'python -m build' wrote: that needs the Keras "
            "network, saved by model.save('m.keras')."
        )
    return "Give a folder that 'python -m build' wrote."


def _changed(
    folder: Path,
    name: str,
    problem: str,
    remedy: str = "Build it again, or copy it anew.",
) -> DetectorError:
    return DetectorError(
        f"{printable(str(folder))}: file {printable(name)} {problem}. Expected the "
        f"files as they were built. {remedy}"
    )
