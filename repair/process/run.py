"""Runs a command: its error line, its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

from artifacts.errors import InputError, out_of_memory, printable
from artifacts.packages import missing_package
from artifacts.streams import INTERRUPTED, NOBODY_READS, interrupted, leave, say
from repair.process import interruption

CUT_SHORT = "interrupted; older artifacts stay as they were"
_LONGEST_LINE = 2000


def run(action: Callable[[], None], cut_short: str = CUT_SHORT) -> NoReturn:
    """Runs a command and exits.

    Args:
        action: The command.
        cut_short: What is said if a signal ends it.

    The exit code is 0 if it is done, 1 for a failed repair, 2 for bad input, 130 if a signal
    came, 141 if nobody reads the answer.

    An error that a user can mend is one line on stderr; nothing is lost.
    """
    interruption.watch()
    try:
        action()
    except SystemExit:
        raise
    except BaseException as reason:
        # A library that was cut short may answer with an error of its own.
        if interrupted() or isinstance(reason, KeyboardInterrupt):
            _exit(cut_short, INTERRUPTED)
        _explain(reason)
    if interrupted():  # and a library went on as if nothing had been
        _exit("interrupted, but all was done by then", INTERRUPTED)
    leave(0)


def _explain(reason: BaseException) -> NoReturn:
    """Ends with the line that a user can act on; raises what is a mistake of ours."""
    if isinstance(reason, InputError):
        _exit(f"error: {reason}", reason.exit_code)
    if isinstance(reason, BrokenPipeError):
        leave(NOBODY_READS)
    # The second is TensorFlow's, which is not imported for it.
    if isinstance(reason, MemoryError) or (
        type(reason).__name__ == "ResourceExhaustedError"
    ):
        _exit(f"error: {out_of_memory(reason)}; older artifacts stay as they were", 1)
    if isinstance(reason, ImportError):
        _exit(f"error: {missing_package(reason)}", 2)
    if not isinstance(reason, OSError):
        raise reason
    where = f"{reason.filename}: " if reason.filename else ""
    what = reason.strerror or str(reason) or type(reason).__name__
    hint = "Older files stay as they were. Mend that and run it again."
    _exit(f"error: {where}{what}. {hint}", 2)


def _exit(line: str, code: int) -> NoReturn:
    line = printable(line)
    if len(line) > _LONGEST_LINE:  # the name of a file, most likely
        line = f"{line[: _LONGEST_LINE - 500]} ... {line[-400:]}"
    say(f"\n{line}\n" if sys.stderr.isatty() else f"{line}\n")
    leave(code)
