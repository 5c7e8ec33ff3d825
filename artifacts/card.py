"""An artifact, read once: what its card says, and its files as the card lists them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from artifacts.errors import DetectorError, printable
from artifacts.listed import CARD, listed_files, no_artifact, opened, plain
from artifacts.signed import check_signature
from artifacts.told import odd_in

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

    def check_shape(self, shape: tuple[int | None, ...]) -> None:
        """Holds the shape of the images that its network takes against the card.

        Raises:
            DetectorError: If it is of another network than the card.
        """
        if shape != self.image_shape:
            raise DetectorError(
                f"{printable(self.folder)}: its card says that images are "
                f"{self.image_shape}. Received: a network for {shape}. Build it again, or "
                "copy it anew."
            )

    def check_labels(self, highest: int) -> None:
        """Holds the highest label of some images against N.

        Raises:
            DetectorError: If it is of another network than the card.
        """
        if highest > self.card["num_classes"]:
            raise DetectorError(
                f"{printable(self.folder)}: expected labels 0..{self.card['num_classes']}, "
                f"as its card says. Received: {highest}. Build it again, or copy it anew."
            )


def read_artifact(folder: Path) -> Artifact:
    """Reads an artifact.

    Raises:
        DetectorError: If there is none, its card says nothing of use, or a file was
            changed, is missing, or does not belong; or if a key is required, and it is
            not signed with that.
    """
    with opened(folder) as root:
        content = _card_bytes(root, folder)
        card = _parsed(content, folder)
        digest = hashlib.sha256(content).hexdigest()
        files = listed_files(root, card["files"], folder) | {CARD: content}
    check_signature(folder, files)
    return Artifact(str(folder), card, digest, files)


def read_card(folder: Path) -> dict[str, Any]:
    """What the card of an artifact says; its files are not looked at.

    Raises:
        DetectorError: If there is no readable card.
    """
    with opened(folder) as root:
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


def _card_bytes(root: int, folder: Path) -> bytes:
    try:
        with plain(root, CARD) as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as reason:
        raise no_artifact(folder, reason) from reason
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
    if (odd := odd_in(card)) is not None:
        raise _odd_card(folder, f"{odd} Received: something else.")
    return card


def _odd_card(folder: Path, problem: str) -> DetectorError:
    return DetectorError(
        f"{printable(str(folder / CARD))}: {problem} Build it again, or copy it anew."
    )
