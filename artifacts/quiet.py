"""Keeps what native code writes to stderr away from the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent() -> Iterator[None]:
    """Drops what this process writes to stderr meanwhile, in native code too.

    Python errors are raised as ever. Where stderr is closed, nothing is to be dropped.
    """
    _flush()
    try:
        stderr = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        _flush()
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def import_tensorflow_quietly() -> None:
    """Imports TensorFlow; what it or Keras log below an error is not shown.

    TensorFlow greets from native code before its log level counts, so stderr itself is
    turned away while it is imported.
    """
    import logging

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent():
        import tensorflow  # noqa: F401
    logging.getLogger("absl").setLevel(logging.ERROR)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
