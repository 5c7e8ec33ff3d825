"""``python -m repair``: parses the arguments, runs a command, prints its rows."""

from __future__ import annotations

import argparse
import errno
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import artifacts.at_once  # noqa: F401  (before all others)
from artifacts.quiet import import_tensorflow_quietly
from artifacts.streams import leave, prepare_streams
from repair.commands.parser import whole_parser
from repair.commands.places import check_places
from repair.commands.table import COMMANDS, Command
from repair.measuring.tables import table
from repair.process.notice import begin
from repair.process.run import CUT_SHORT, run
from repair.process.whole_file import no_empty_folders

_FULL = (errno.ENOSPC, errno.EDQUOT)


def _run(command: Command, arguments: argparse.Namespace) -> None:
    check_places(arguments)
    if command.needs_networks:
        from repair.commands.early import check_inputs  # which needs h5py

        check_inputs(arguments)
        begin(f"{command.name}: {command.text} ...")
        import_tensorflow_quietly()
    module, function = command.place.split(":")
    out = getattr(arguments, "out", None)
    with no_empty_folders(out), _naming(out):
        rows = getattr(import_module(module), function)(arguments)
    if arguments.json:
        print(json.dumps([_plain(row) for row in rows], indent=1))
    else:
        print(table(rows))
    if code := getattr(arguments, "exit_code", 0):
        leave(code)


@contextmanager
def _naming(out: Path | None) -> Iterator[None]:
    """Names the place where a disk is full, which the system does not always do."""
    try:
        yield
    except OSError as reason:
        if reason.filename is None and reason.errno in _FULL and out is not None:
            reason.filename = str(out)
        raise


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """NaN is no JSON."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
    }


if __name__ == "__main__":
    prepare_streams()
    given = whole_parser().parse_args()
    chosen = next(each for each in COMMANDS if each.name == given.command)
    usual = "interrupted" if getattr(given, "out", None) is None else CUT_SHORT
    run(lambda: _run(chosen, given), chosen.cut_short or usual)
