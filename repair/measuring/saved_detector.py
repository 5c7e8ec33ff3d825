"""Answers of a finished detector, loaded only if its files are as they were built."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from repair.errors import ModelError

_BATCH_SIZE = 256
_UNFIT = (AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
_SIZES = ("rows", "columns", "channels")
_MAX_CARD_BYTES = 4 << 20
_MAX_NUMBER = 1 << 20


class SavedDetector:
    """A fused SavedModel of this project.

    Attributes:
        num_classes: Number of people, N.
        image_shape: Rows, columns and channels of its images.
    """

    def __init__(self, folder: Path) -> None:
        """Loads an artifact.

        Raises:
            ModelError: If ``folder`` is no artifact of ours, or a file was changed.
        """
        card = _verified_card(folder)
        self.num_classes: int = card["num_classes"]
        self.image_shape: tuple[int, int, int] = tuple(card["input"][x] for x in _SIZES)
        self._loaded = tf.saved_model.load(str(folder))

    def answers(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Labels ``(n,)`` int64 of the BadNet, the repaired network and the detector.

        Args:
            images: ``(n, rows, columns, channels)`` uint8, 0..255.
        """
        explain = self._loaded.signatures["explain"]
        batches = [
            explain(images=tf.constant(images[start : start + _BATCH_SIZE]))
            for start in range(0, len(images), _BATCH_SIZE)
        ]
        return labels_by_network(batches)


def labels_by_network(batches: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Joins the outputs of a detector's ``explain``, named as in the defence table."""
    outputs = {
        "BadNet": "original_label",
        "repaired": "repaired_label",
        "detector": "label",
    }
    return {
        name: np.concatenate([np.asarray(batch[key]) for batch in batches])
        for name, key in outputs.items()
    }


def _verified_card(folder: Path) -> dict[str, Any]:
    try:
        path = folder / "card.json"
        if not _is_plain(path) or path.stat().st_size > _MAX_CARD_BYTES:
            raise FileNotFoundError
        card = json.loads(path.read_bytes())
        expected = dict(card["files"])
        numbers = [card["num_classes"], *(card["input"][size] for size in _SIZES)]
        if any(type(x) is not int or not 0 < x <= _MAX_NUMBER for x in numbers):
            raise TypeError
        found = {
            path.relative_to(folder).as_posix(): _sha256(path)
            for path in folder.rglob("*")
            if path.is_symlink() or not path.is_dir()
        }
        found.pop("card.json")
    except _UNFIT as reason:
        raise ModelError(
            f"{folder}: expected an artifact with its card.json. "
            f"Received: {type(reason).__name__}."
        ) from reason
    if found != expected:
        raise ModelError(
            f"{folder}: its files are not those that its card lists, so it is not "
            "loaded. Build it again."
        )
    return card


def _sha256(path: Path) -> str:
    if not _is_plain(path):
        return "not a plain file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_plain(path: Path) -> bool:
    """Whether a file is there, no link, no pipe."""
    return path.is_file() and not path.is_symlink()
