"""The card of an artifact, and its files held against it before any is loaded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from artifacts.errors import DetectorError, printable

_MAX_BYTES = 4 << 20
_MAX_SIDE = 2048


def read_card(folder: Path) -> dict[str, Any]:
    """What ``card.json`` says.

    Raises:
        DetectorError: If there is no readable card.
    """
    try:
        path = folder / "card.json"
        if not _is_plain(path) or path.stat().st_size > _MAX_BYTES:
            raise FileNotFoundError
        card = json.loads(path.read_bytes())
        for size in (card["input"]["rows"], card["input"]["columns"]):
            if type(size) is not int or not 0 < size <= _MAX_SIDE:
                raise TypeError
        if not isinstance(card["files"], dict):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as reason:
        raise DetectorError(
            f"{printable(str(folder))}: expected an artifact with its card.json. Received: "
            f"{type(reason).__name__}. Build it: python -m build {printable(folder.name)}"
        ) from reason
    return card


def verify(folder: Path) -> None:
    """Holds every file of an artifact against its card, before any is loaded.

    Raises:
        DetectorError: If a file was changed, is missing, or does not belong.
    """
    listed = read_card(folder)["files"]
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    present.pop("card.json", None)
    for name in sorted(set(listed) | set(present)):
        if name not in present or name not in listed:
            problem = "missing" if name in listed else "not on the card"
        elif _sha256(present[name]) != listed[name]:
            problem = "changed"
        else:
            continue
        raise DetectorError(
            f"{printable(str(folder))}: file {printable(name)} is {problem}. Expected "
            "the files as they were built. Build it again: python -m build "
            f"{printable(folder.name)}"
        )


def _sha256(path: Path) -> str:
    if not _is_plain(path):
        return "not a plain file"
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as reason:  # gone since it was listed, or not ours to read
        return str(reason.strerror)


def _is_plain(path: Path) -> bool:
    """Whether a file is there, no link, no pipe."""
    return path.is_file() and not path.is_symlink()
