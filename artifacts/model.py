"""Loads a detector, once its files were held against its card."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.c_library import UnavailableError, c_library
from artifacts.card import verify

if TYPE_CHECKING:
    import numpy as np

    Labeller = Callable[[np.ndarray], np.ndarray]

_LOCK = threading.Lock()


def load(folder: Path) -> Labeller:
    """Loads an artifact, through TensorFlow's C library where there is one.

    The environment variable ``BADNET_REPAIR_LOADER`` set to ``python`` takes the slower
    way, which imports TensorFlow; the labels are the same.

    Args:
        folder: An artifact of this project: a SavedModel and its ``card.json``.

    Returns:
        A function from images ``(n, rows, columns, 3)`` uint8 RGB, 0..255, to labels
        ``(n,)`` int64, 0..N.

    Raises:
        DetectorError: If the artifact is missing or any file of it was changed.
    """
    verify(folder)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent():
        try:
            return _through_c(folder)
        except UnavailableError:
            return _through_python(folder)


def prepare() -> None:
    """Opens the C library in the background, which takes longest of what ``load`` does."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    threading.Thread(target=_library).start()


def _through_c(folder: Path) -> Labeller:
    library = _library()
    if isinstance(library, UnavailableError):
        raise library
    from artifacts.native import NativeDetector

    return NativeDetector(folder, library)


def _library() -> Any:
    """The library, opened once, or why there is none."""
    with _LOCK:
        if os.environ.get("BADNET_REPAIR_LOADER") == "python":
            return UnavailableError("not wanted")
        try:
            return c_library()
        except UnavailableError as reason:
            return reason


def _through_python(folder: Path) -> Labeller:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))  # must outlive its functions

    def detect(images: np.ndarray) -> np.ndarray:
        return loaded.serve(tf.constant(images, tf.uint8)).numpy()

    return detect


@contextmanager
def _silent() -> Iterator[None]:
    """Keeps the greeting of TensorFlow's libraries off stderr."""
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
