"""A signal that ends a command of ours, for as long as nothing may be left behind.

A library may swallow what a signal raises, so it is remembered (``artifacts.streams``), and
raised again where work goes on for long or is about to replace a file.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from artifacts.streams import SIGNALS, remember_signals


def watch() -> None:
    """Lets a signal that ends raise KeyboardInterrupt; one that is ignored stays so."""
    remember_signals()
    sys.unraisablehook = _unraisable


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    """Says nothing of a KeyboardInterrupt that nobody could catch: it is remembered."""
    if not issubclass(what.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(what)


@contextmanager
def held_back() -> Iterator[None]:
    """Keeps the signals waiting, also in processes started meanwhile."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through() -> None:
    """Delivers what was held back while this process was started."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
