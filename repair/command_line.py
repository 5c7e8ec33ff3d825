"""What all commands share: settings, the error line, the exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from repair.errors import RepairError, printable
from repair.settings import SCALES, Settings

_LONGEST_LINE = 2000
_NO_MEMORY = "error: out of memory; older artifacts stay as they were"


def run(action: Callable[[], None]) -> NoReturn:
    """Runs a command and exits: 0 done, 1 failed repair, 2 bad input, 130 interrupted.

    An error that a user can mend is one line on stderr; nothing is lost.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        action()
        sys.stdout.flush()
    except RepairError as reason:
        _exit(f"error: {reason}", reason.exit_code)
    except KeyboardInterrupt:
        _exit("interrupted; older artifacts stay as they were", 130)
    except MemoryError:
        _exit(_NO_MEMORY, 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception as reason:
        if (
            type(reason).__name__ == "ResourceExhaustedError"
        ):  # TensorFlow's, not imported
            _exit(_NO_MEMORY, 1)
        if not isinstance(reason, OSError):
            raise
        where = f"{reason.filename}: " if reason.filename else ""
        what = reason.strerror or str(reason) or type(reason).__name__
        hint = "Older files stay as they were. Mend that and run it again."
        _exit(f"error: {where}{what}. {hint}", 2)
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
    add("--scale", choices=("auto", *SCALES), default="auto",
        help="pixels go in raw or divided by 255; auto: clean images tell")  # fmt: skip
    add("--unlabelled", action="store_true",
        help="no labels: the BadNet's own answers stand in")  # fmt: skip
    add("--max-fpr", type=float, metavar="SHARE",
        help="operating point of fresh-head: largest estimated FPR")  # fmt: skip
    add("--layer", default=default.layer, help="convolution to prune (%(default)s)")
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


def scale_from(arguments: argparse.Namespace) -> float | None:
    """The factor for pixels, None = find it."""
    return SCALES.get(arguments.scale)


def _terminated(*_: Any) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would cut cleaning up
    raise KeyboardInterrupt


def _exit(line: str, code: int) -> NoReturn:
    line = printable(line)
    if len(line) > _LONGEST_LINE:  # the name of a file, most likely
        line = f"{line[: _LONGEST_LINE - 500]} ... {line[-400:]}"
    sys.stderr.write(f"\n{line}\n" if sys.stderr.isatty() else f"{line}\n")
    sys.exit(code)
