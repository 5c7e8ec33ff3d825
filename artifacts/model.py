"""Loads a detector, once its files were held against its card."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.card import verify

if TYPE_CHECKING:
    import numpy as np


def load(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Loads an artifact.

    Args:
        folder: An artifact of this project: a SavedModel and its ``card.json``.

    Returns:
        A function from images ``(n, rows, columns, 3)`` uint8 RGB, 0..255, to labels
        ``(n,)`` int64, 0..N.

    Raises:
        DetectorError: If the artifact is missing or any file of it was changed.
    """
    verify(folder)
    tf = _tensorflow()
    loaded = tf.saved_model.load(str(folder))  # must outlive its functions

    def detect(images: np.ndarray) -> np.ndarray:
        return loaded.serve(tf.constant(images, tf.uint8)).numpy()

    return detect


def _tensorflow() -> Any:
    """Imports TensorFlow without the greeting that it writes to stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        import tensorflow
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
    return tensorflow
