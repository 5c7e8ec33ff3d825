"""Loads a detector from what was read of it and held against its card."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.card import Artifact, read_artifact
from artifacts.quiet import silent
from artifacts.runtime.c_library import UnavailableError, c_library
from artifacts.runtime.checked import Detector

if TYPE_CHECKING:
    import numpy as np

    Labeller = Callable[[np.ndarray], np.ndarray]


_ahead: list[threading.Thread] = []


def load(folder: Path) -> Labeller:
    """Loads an artifact, through TensorFlow's C library where there is one.

    The environment variable ``BADNET_REPAIR_LOADER`` set to ``python`` takes the slower
    way, which imports TensorFlow; the labels are the same.

    Args:
        folder: An artifact of this project: a SavedModel and its ``card.json``.

    Returns:
        A function from images ``(n, rows, columns, 3)`` uint8 RGB, 0..255, to labels
        ``(n,)`` int64, 0..N. It refuses others with a DetectorError, and is of use in the
        process that loaded it alone.

    Raises:
        DetectorError: If the artifact is missing or any file of it was changed.
    """
    return loaded(read_artifact(Path(folder)))


def loaded(artifact: Artifact) -> Detector:
    """What ``load`` gives, of an artifact that was read.

    Raises:
        DetectorError: If TensorFlow can not load it.
    """
    settle()
    with silent():
        try:
            return _through_c(artifact)
        except UnavailableError:
            return _PythonDetector(artifact)


def prepare() -> None:
    """Opens the C library in the background, which takes longest of what ``load`` does.

    Until ``settle`` was called, nothing should be written to stderr.
    """
    _ahead.append(threading.Thread(target=_try_to_open))
    _ahead[-1].start()


def settle() -> None:
    """Waits for what ``prepare`` started, if it did."""
    while _ahead:
        _ahead.pop().join()


def _try_to_open() -> None:
    """Whatever hinders it, ``load`` will meet again, and say."""
    with suppress(Exception):
        _quietly_opened()


def _quietly_opened() -> Any:
    """The library, or why there is none."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ.get("BADNET_REPAIR_LOADER") == "python":
        return UnavailableError("not wanted")
    try:
        with silent():
            return c_library()
    except UnavailableError as reason:
        return reason


def _through_c(artifact: Artifact) -> Detector:
    library = _quietly_opened()
    if isinstance(library, UnavailableError):
        raise library
    from artifacts.runtime.native import NativeDetector

    detector = NativeDetector(artifact.files, library)
    artifact.check_shape(detector.image_shape)
    return detector


class _PythonDetector(Detector):
    """The same through TensorFlow's Python package."""

    def __init__(self, artifact: Artifact) -> None:
        from artifacts.in_memory import loaded_signature

        self._loaded, self._ask = loaded_signature(artifact, "serving_default")
        super().__init__(artifact.image_shape)

    def _labels(self, images: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        labels: np.ndarray = self._ask(images=tf.constant(images))["label"].numpy()
        return labels

    def _label(self, pixels: bytes, shape: tuple[int, int, int]) -> int:
        import numpy as np

        return int(self._labels(np.frombuffer(pixels, np.uint8).reshape(1, *shape))[0])
