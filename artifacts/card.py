"""An artifact, read once: its card, and its files as the card lists them.

A file is read, held against the card, and what was read is kept: nothing is read again by
its path, which may lead to something else by then. So whatever replaces, edits or removes
the folder meanwhile, what was verified is what is loaded.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

from artifacts.errors import DetectorError, printable
from artifacts.signed import check_signature

CARD = "card.json"
CHANNELS = (1, 3, 4)  # grey, RGB, RGBA
_MAX_BYTES = 4 << 20
_MAX_SIDE = 2048
# Key -> the largest whole number that may stand there.
_NUMBERS = {
    "num_classes": 1 << 20,
    "input.rows": _MAX_SIDE,
    "input.columns": _MAX_SIDE,
    "input.channels": _MAX_SIDE,
}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A larger file is first read in pieces, so that one full of nothing fills no memory.
_LARGE = 256 << 20


class Artifact(NamedTuple):
    """What was read of an artifact.

    Attributes:
        folder: Where it was, for messages.
        card: What its card says.
        digest: SHA-256 of the card, and so of all that it lists.
        files: Path below the folder -> content, as the card lists it, and the card.
    """

    folder: str
    card: dict[str, Any]
    digest: str
    files: dict[str, bytes]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of its images."""
        given = self.card["input"]
        return given["rows"], given["columns"], given["channels"]


def read_artifact(folder: Path) -> Artifact:
    """Reads an artifact.

    Raises:
        DetectorError: If there is none, its card says nothing of use, or a file was
            changed, is missing, or does not belong; or if a key is required, and it is
            not signed with that.
    """
    with _opened(folder) as root:
        content = _card_bytes(root, folder)
        card = _parsed(content, folder)
        digest = hashlib.sha256(content).hexdigest()
        files = _files(root, card["files"], folder) | {CARD: content}
    check_signature(folder, files)
    return Artifact(str(folder), card, digest, files)


def read_card(folder: Path) -> dict[str, Any]:
    """What the card of an artifact says; its files are not looked at.

    Raises:
        DetectorError: If there is no readable card.
    """
    with _opened(folder) as root:
        return _parsed(_card_bytes(root, folder), folder)


def verify(folder: Path) -> dict[str, Any]:
    """The card of an artifact, once all its files were held against it.

    Raises:
        DetectorError: As ``read_artifact``.
    """
    return read_artifact(folder).card


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder itself: it stays the same one, whatever gets its name meanwhile."""
    try:
        root = os.open(folder, _FOLDER)
    except (OSError, ValueError) as reason:
        raise _no_artifact(folder, reason) from reason
    try:
        yield root
    finally:
        os.close(root)


def _card_bytes(root: int, folder: Path) -> bytes:
    try:
        with _plain(root, CARD) as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as reason:
        raise _no_artifact(folder, reason) from reason
    if len(content) > _MAX_BYTES:
        raise _odd_card(folder, "expected at most 4 MiB. Received: more.")
    return content


def _parsed(content: bytes, folder: Path) -> dict[str, Any]:
    try:
        card = json.loads(content)
    except (ValueError, RecursionError) as reason:
        problem = f"expected JSON. Received: {type(reason).__name__}."
        raise _odd_card(folder, problem) from reason
    for key, most in _NUMBERS.items():
        value = card
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if type(value) is not int or not 0 < value <= most:
            found = f"{value!r}"[:40] if isinstance(value, int | float) else "none"
            raise _odd_card(
                folder, f"expected {key!r}, a number in 1..{most}. Received: {found}."
            )
    channels = card["input"]["channels"]
    if channels not in CHANNELS:
        raise _odd_card(folder, f"expected 1, 3 or 4 channels. Received: {channels}.")
    if not isinstance(card.get("files"), dict):
        raise _odd_card(folder, "expected 'files', hashes by name. Received: none.")
    return card


def _files(root: int, listed: dict[str, Any], folder: Path) -> dict[str, bytes]:
    try:
        present = set(_names(root)) - {CARD}
    except OSError as reason:
        raise _no_artifact(folder, reason) from reason
    files = {}
    for name in sorted(present | set(listed)):
        if name not in present:
            raise _changed(folder, name, "is missing")
        if name not in listed:
            raise _changed(folder, name, "is not on the card")
        try:
            with _plain(root, name) as file:
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


def _plain(root: int, name: str) -> FileIO:
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


def _no_artifact(folder: Path, reason: OSError | ValueError) -> DetectorError:
    found = reason.strerror if isinstance(reason, OSError) else "an impossible name"
    return DetectorError(
        f"{printable(str(folder))}: expected an artifact, a folder with its {CARD}. "
        f"Received: {found}. {_instead(folder)}"
    )


def _instead(folder: Path) -> str:
    """What may have been meant: an artifact beside it, of a name like it."""
    try:
        beside = [path.parent.name for path in folder.parent.glob(f"*/{CARD}")]
    except (OSError, ValueError):
        beside = []
    like = difflib.get_close_matches(folder.name, beside, 1) or sorted(beside)[:4]
    if like and folder.name not in beside:
        names = " or ".join(printable(str(folder.parent / name)) for name in like)
        return f"Did you mean {names}?"
    return "Give a folder that 'python -m build' wrote."


def _odd_card(folder: Path, problem: str) -> DetectorError:
    return DetectorError(
        f"{printable(str(folder / CARD))}: {problem} Build it again, or copy it anew."
    )


def _changed(folder: Path, name: str, problem: str) -> DetectorError:
    return DetectorError(
        f"{printable(str(folder))}: file {printable(name)} {problem}. Expected the "
        "files as they were built. Build it again, or copy it anew."
    )
