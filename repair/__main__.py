"""``python -m repair``: parses the arguments, runs a command, prints its rows."""

from __future__ import annotations

import argparse
import json
import math
from importlib import import_module
from typing import Any

from artifacts.quiet import import_tensorflow_quietly
from repair.commands.table import COMMANDS, Command
from repair.measuring.tables import table
from repair.process.run import run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m repair",
        description="Measures BadNets, repairs and detectors on data.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        text = command.text
        one = commands.add_parser(
            command.name, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        one.add_argument("--json", action="store_true", help="for machines")
        command.arguments(one)
    return parser


def _run(command: Command, arguments: argparse.Namespace) -> None:
    if command.needs_networks:
        from repair.commands.early import check_inputs  # which needs h5py

        check_inputs(arguments)
        import_tensorflow_quietly()
    module, function = command.place.split(":")
    rows = getattr(import_module(module), function)(arguments)
    if arguments.json:
        print(json.dumps([_plain(row) for row in rows], indent=1))
    else:
        print(table(rows))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """NaN is no JSON."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
    }


if __name__ == "__main__":
    given = _parser().parse_args()
    chosen = next(each for each in COMMANDS if each.name == given.command)
    run(lambda: _run(chosen, given))
