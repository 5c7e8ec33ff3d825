"""The standard streams and signals of a command: closed, full, slow, or nobody there.

A command begins with ``prepare_streams``, writes what it has to say with ``say`` and ends
with ``leave``. Whatever is wrong with a stream, it ends as it would have, or with one line
and one of these codes.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress
from functools import lru_cache
from typing import NoReturn

UNWRITABLE = 2
NOBODY_READS = (
    141  # 128 + SIGPIPE, as a shell says it of a program that the signal ended
)
INTERRUPTED = 130
# What ends a process from outside; SIGXCPU: its processor time is used up.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU)
_came: list[int] = []


@lru_cache(maxsize=1)
def prepare_streams() -> None:
    """Makes the streams fit for use, before anything else is done.

    A closed one is opened where nothing can be written or read, or else the next file
    would get its number, and what is written to the stream. One that does not wait for a
    slow reader is made to wait.
    """
    for number, way in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.set_blocking(number, True)
        except OSError:
            os.open(os.devnull, way)  # takes the lowest free number: this one
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, "r", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)
    atexit.register(_end)


def heeded() -> list[signal.Signals]:
    """``SIGNALS`` without those that are ignored, as in a job without a terminal."""
    return [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]


def remember_signals() -> None:
    """Lets each of ``SIGNALS`` raise KeyboardInterrupt, once; ignored ones stay so.

    What it raises in a destructor or a callback of a library is only reported by Python,
    or not even that, and the work goes on. So it is remembered (see ``check_interrupted``).
    """
    _came.clear()

    def interrupt(number: int, _: object) -> None:
        _came.append(number)
        if len(_came) == 1:  # a second one would cut cleaning up
            raise KeyboardInterrupt

    for each in heeded():
        signal.signal(each, interrupt)


def heed_signals() -> None:
    """Remembers signals; what one raises where nobody can catch it ends the command."""
    remember_signals()

    def unraisable(what: sys.UnraisableHookArgs) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(what)
            return
        say("error: interrupted.\n")  # in a destructor, where nobody can catch it
        os._exit(INTERRUPTED)

    sys.unraisablehook = unraisable


def interrupted() -> bool:
    """Whether a signal has come since they are remembered."""
    return bool(_came)


def check_interrupted() -> None:
    """Goes on, unless a signal has come.

    It is called where work goes on for long, is about to be called finished or to replace
    a file.

    Raises:
        KeyboardInterrupt: If one has, and a library has swallowed what it raised.
    """
    if _came:
        raise KeyboardInterrupt


def say(text: str) -> None:
    """Writes text to stderr, as far as that can be done."""
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def flushed() -> int:
    """Writes what stdout still holds; 0, or the exit code and a line if that fails."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go(1)
        return NOBODY_READS
    except OSError as reason:
        _let_go(1)
        say(f"error: stdout: can not be written. Received: {reason.strerror}.\n")
        return UNWRITABLE
    return 0


def leave(code: int) -> NoReturn:
    """Ends the command with a code, unless its answer can not be written."""
    sys.exit(flushed() or code)


def _end() -> None:
    """What Python itself would say to a full stream at the very end, and how it exits.

    All is done: a signal that comes now would end it by Python's own rules, without a line.
    """
    for each in SIGNALS:
        with suppress(ValueError):  # not in the main thread
            signal.signal(each, signal.SIG_IGN)
    with suppress(
        AttributeError, ValueError
    ):  # put aside or closed by whom it belongs to
        if code := flushed():
            os._exit(code)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _let_go(2)


def _let_go(number: int) -> None:
    """Sends what a stream still holds to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
