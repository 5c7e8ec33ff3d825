"""Ends a command in one line if a signal comes while it is still being imported.

``python -m PACKAGE`` imports this before all else of ours. Later ``streams.heed_signals`` or
``repair.process.interruption`` take over. Where this is imported otherwise, nothing is done.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

_COMMANDS = ("artifacts", "build", "repair")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_USUAL = (signal.SIG_DFL, signal.default_int_handler)


def _end(*_: object) -> None:
    with suppress(OSError):
        os.write(2, b"error: interrupted.\n")
    os._exit(130)


def _is_command() -> bool:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name.split(".")[0] in _COMMANDS


if _is_command():
    for _each in _SIGNALS:
        if signal.getsignal(_each) in _USUAL:
            signal.signal(_each, _end)
