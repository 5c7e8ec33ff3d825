"""Keeps what native code writes to stderr away from the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def import_tensorflow_quietly() -> None:
    """Imports TensorFlow and Keras; what they log below an error is not shown.

    TensorFlow greets from native code before its log level counts, so stderr itself is
    turned away while it is imported. Python errors are raised as ever.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with stderr_turned_away():
        import keras  # noqa: F401
        from absl import logging

        logging.set_verbosity(logging.ERROR)


@contextmanager
def stderr_turned_away() -> Iterator[None]:
    """Drops what this process writes to stderr meanwhile, in native code too."""
    sys.stderr.flush()
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
