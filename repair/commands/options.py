"""What all commands share: settings, the error line, the exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from artifacts.errors import DetectorError
from repair.commands.data_options import add_preprocessing
from repair.errors import RepairError, printable
from repair.process import interruption
from repair.settings import Settings

_LONGEST_LINE = 2000


def run(action: Callable[[], None]) -> NoReturn:
    """Runs a command and exits: 0 done, 1 failed repair, 2 bad input, 130 interrupted.

    An error that a user can mend is one line on stderr; nothing is lost.
    """
    interruption.watch()
    try:
        action()
        sys.stdout.flush()
    except SystemExit:
        raise
    except BaseException as reason:
        # A library that was cut short may answer with an error of its own.
        if interruption.came() or isinstance(reason, KeyboardInterrupt):
            _exit("interrupted; older artifacts stay as they were", 130)
        _explain(reason)
    if interruption.came():  # and a library went on as if nothing had been
        _exit("interrupted, but all was done by then", 130)
    sys.exit(0)


def add_settings(group: argparse._ArgumentGroup) -> None:
    """Adds the options that ``settings_from`` reads."""
    default = Settings()
    add = group.add_argument
    add(
        "--seed",
        type=int,
        default=default.seed,
        help="same seed, same artifact (%(default)s)",
    )
    add("--unlabelled", action="store_true",
        help="no labels: the BadNet's own answers stand in")  # fmt: skip
    add_preprocessing(group)
    add("--max-fpr", type=float, metavar="SHARE",
        help="operating point of fresh-head: largest estimated FPR")  # fmt: skip
    add(
        "--layer",
        metavar="NAME",
        help="to stand on or to prune (chosen from the network)",
    )
    add("--fraction", type=float, default=default.fraction,
        help="share of its channels to prune (%(default)s)")  # fmt: skip
    add("--max-drop", type=float, metavar="SHARE",
        help="prune until clean accuracy has dropped by this instead")  # fmt: skip
    add(
        "--epochs",
        type=int,
        default=default.epochs,
        help="of fine-tuning (%(default)s)",
    )


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The settings that the command line chose."""
    names = Settings.__dataclass_fields__
    return Settings(**{name: getattr(arguments, name) for name in names})


def _explain(reason: BaseException) -> NoReturn:
    """Ends with the line that a user can act on; raises what is a mistake of ours."""
    if isinstance(reason, (RepairError, DetectorError)):
        _exit(f"error: {reason}", getattr(reason, "exit_code", 2))
    if isinstance(reason, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    # The second is TensorFlow's, which is not imported for it.
    if isinstance(reason, MemoryError) or (
        type(reason).__name__ == "ResourceExhaustedError"
    ):
        _exit("error: out of memory; older artifacts stay as they were", 1)
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
    sys.stderr.write(f"\n{line}\n" if sys.stderr.isatty() else f"{line}\n")
    sys.exit(code)
