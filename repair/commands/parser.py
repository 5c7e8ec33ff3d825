"""The command line of each command, and of all together."""

from __future__ import annotations

import argparse

from artifacts.called import Parser, add_version, called
from repair.commands.short_usage import ShortUsage
from repair.commands.table import COMMANDS, Command


def command_parser(command: Command) -> Parser:
    """One command's own parser."""
    parser = Parser(
        prog=" ".join([*called("repair"), command.name]),
        description=f"{command.text[0].upper()}{command.text[1:]}.",
        formatter_class=ShortUsage,
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    command.arguments(parser)
    return parser


def whole_parser() -> argparse.ArgumentParser:
    """The parser of ``python -m repair``."""
    parser = Parser(
        prog=" ".join(called("repair")),
        description="Inspects networks for backdoors, explains what detectors answer, and "
        "measures both.",
    )
    add_version(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = command_parser(command)
        commands.add_parser(
            command.name,
            help=command.text,
            description=one.description,
            formatter_class=ShortUsage,
            parents=[one],
            add_help=False,
        )
    return parser
