"""``card.json``: what an artifact is, how it was made, and the hash of every file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifacts.card import sha256
from artifacts.listed import CARD


def add_hashes(card: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The card with ``files``: path below ``folder`` -> SHA-256, the card left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        **card,
        "files": {
            path.relative_to(folder).as_posix(): sha256(path)
            for path in files
            if path.name != CARD
        },
    }


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Writes the card, the same bytes for the same content."""
    text = json.dumps(card, indent=2, sort_keys=True, allow_nan=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
