"""``python -m repair``: parses the arguments, runs a command, prints its rows."""

from __future__ import annotations

import argparse
import json
import math
from importlib import import_module
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


def _run(command: Command, arguments: argparse.Namespace) -> None:
    check_places(arguments)
    if command.needs_networks:
        from repair.commands.early import check_inputs  # which needs h5py

        check_inputs(arguments)
        begin(f"{command.name}: {command.text} ...")
        import_tensorflow_quietly()
    module, function = command.place.split(":")
    with no_empty_folders(getattr(arguments, "out", None)):
        rows = getattr(import_module(module), function)(arguments)
    if arguments.json:
        print(json.dumps([_plain(row) for row in rows], indent=1))
    else:
        print(table(rows))
    if code := getattr(arguments, "exit_code", 0):
        leave(code)


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
