"""Answers of a finished detector, loaded only if its files are as they were built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from artifacts.card import read_artifact
from artifacts.in_memory import loaded_signature
from artifacts.names import names_on
from repair.network.inference import labels_by_network


class SavedDetector:
    """A fused SavedModel of this project.

    Attributes:
        artifact: What was read of it.
        num_classes: Number of classes, N.
        image_shape: Rows, columns and channels of its images.
        class_names: Of its classes, by label; None = not known.
        stand_in: Whether it was built from a demo's made-up images.
        saved_model: What ``tf.saved_model.load`` gives.
        fitted_to: SHA-256 of the clean data that it was built from; None = not known.
    """

    def __init__(self, folder: Path) -> None:
        """Loads an artifact.

        Raises:
            DetectorError: If ``folder`` is no artifact of ours, a file was changed, or it can
                not be loaded.
        """
        artifact = self.artifact = read_artifact(folder)
        self.num_classes: int = artifact.card["num_classes"]
        self.image_shape = artifact.image_shape
        names = names_on(artifact.card)
        self.class_names = None if names is None else tuple(names)
        self.stand_in = artifact.card.get("stand_in") is True
        hashes = artifact.card.get("sha256")
        told = hashes.get("clean_data") if isinstance(hashes, dict) else None
        self.fitted_to: str | None = told if isinstance(told, str) else None
        self.saved_model, self._explain = loaded_signature(artifact, "explain")

    def answers(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Labels ``(n,)`` int64 of the BadNet, the repaired network and the detector.

        Args:
            images: ``(n, rows, columns, channels)`` uint8, 0..255.
        """
        return labels_by_network(
            lambda batch: self._explain(images=tf.constant(batch)), images
        )
