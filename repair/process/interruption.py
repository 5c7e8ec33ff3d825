"""A signal that ends the command, even if a library swallows what it raises.

A KeyboardInterrupt raised while a destructor or a callback of a library runs is only
reported by Python, or not even that, and the work goes on. So the signal is remembered,
and raised again where work goes on for long or is about to replace a file.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from artifacts.streams import SIGNALS

_came: list[int] = []


def watch() -> None:
    """Lets a signal that ends raise KeyboardInterrupt; one that is ignored stays so."""
    _came.clear()

    def interrupt(number: int, _: Any) -> None:
        _came.append(number)
        if len(_came) == 1:  # a second one would cut cleaning up
            raise KeyboardInterrupt

    for number in heeded():
        signal.signal(number, interrupt)
    sys.unraisablehook = _unraisable


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    """Says nothing of a KeyboardInterrupt that nobody could catch: it is remembered."""
    if not issubclass(what.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(what)


def came() -> bool:
    """Whether a signal has come since ``watch``."""
    return bool(_came)


def check() -> None:
    """Goes on, unless a signal has come.

    Raises:
        KeyboardInterrupt: If one has, and what it raised was swallowed.
    """
    if _came:
        raise KeyboardInterrupt


def heeded() -> list[signal.Signals]:
    """``SIGNALS`` without those that are ignored, as in a job without a terminal."""
    return [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]


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
