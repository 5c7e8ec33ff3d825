"""The card of an artifact, and its files held against it before any is loaded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from artifacts.errors import DetectorError, printable


def read_card(folder: Path) -> dict[str, Any]:
    """What ``card.json`` says.

    Raises:
        DetectorError: If there is no readable card.
    """
    try:
        card = json.loads((folder / "card.json").read_bytes())
        size = card["input"]["rows"], card["input"]["columns"]
        if not isinstance(card["files"], dict) or any(type(x) is not int for x in size):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as reason:
        raise DetectorError(
            f"{folder}: expected an artifact with its card.json. Received: "
            f"{type(reason).__name__}. Build it: python -m build {folder.name}"
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
            f"{folder}: file {printable(name)} is {problem}. Expected the files as they "
            f"were built. Build it again: python -m build {folder.name}"
        )


def _sha256(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "not a plain file"
    return hashlib.sha256(path.read_bytes()).hexdigest()
