"""Keeps what native code writes to stderr away from the user."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from artifacts.addresses import OF_PYTHON, check_room

# What a user has set for Keras, by variables and by keras.json below its home: another
# backend, other defaults of layers. Networks would mean something else, or nothing.
_OF_KERAS = (
    *("KERAS_BACKEND", "KERAS_HOME", "KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"),
    *("KERAS_NNX_ENABLED", "TF_USE_LEGACY_KERAS"),
)
# Who wants silence now, and the stderr that is turned away meanwhile, if there is one.
_inside: list[None] = []
_kept: list[int] = []
_changing = threading.Lock()
_USUAL = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": f"{os.devnull}/none"}


@contextmanager
def silent() -> Iterator[None]:
    """Drops what this process writes to stderr meanwhile, in native code too.

    Python errors are raised as ever. Where stderr is closed, nothing is to be dropped. It is
    the whole process's, so of several threads the first turns it away and the last back.
    """
    with _changing:
        if not _inside:
            _turn_away()
        _inside.append(None)
    try:
        yield
    finally:
        with _changing:
            _inside.pop()
            if not _inside:
                _turn_back()


def _turn_away() -> None:
    _flush()
    with suppress(OSError):
        _kept.append(os.dup(2))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _turn_back() -> None:
    _flush()
    while _kept:
        stderr = _kept.pop()
        os.dup2(stderr, 2)
        os.close(stderr)


def import_tensorflow_quietly() -> None:
    """Imports TensorFlow, and Keras as it comes; what they log below an error is not shown.

    Keras leaves no folder of its own behind. TensorFlow greets from native code before its
    log level counts, so stderr itself is turned away while it is imported.

    Raises:
        MemoryError: If this process may not take what it needs.
    """
    import logging

    if "tensorflow" not in sys.modules:
        check_room(OF_PYTHON)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent(), _keras_as_it_comes():
        import tensorflow  # noqa: F401  (which imports Keras)
    logging.getLogger("absl").setLevel(logging.ERROR)


@contextmanager
def _keras_as_it_comes() -> Iterator[None]:
    """Hides what a user has set for Keras while it is imported."""
    before = {name: os.environ.pop(name) for name in _OF_KERAS if name in os.environ}
    os.environ.update(_USUAL)
    try:
        yield
    finally:
        for name in _USUAL:
            del os.environ[name]
        os.environ.update(before)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
