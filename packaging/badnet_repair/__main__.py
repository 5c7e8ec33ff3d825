"""``badnet-repair``: all commands of the project under one name."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any

# Ahead of everything else in this process, and in no other.
sys.path.insert(0, str(Path(__file__).resolve().parent / "_packages"))

from artifacts.called import PROGRAM, add_version
from repair.commands.parser import command_parser
from repair.commands.table import COMMANDS

# Arguments that are paths, or patterns of such.
_PATHS = ("INPUT", "IMAGE", "KEY.pem", "PREFIX")
# Command -> the module that runs it, and the words that stand before its arguments.
RUN = {
    "build": ("build", []),
    "label": ("artifacts", []),
    "ray": ("artifacts.ray", []),
    "export": ("build", ["export"]),
    **{command.name: ("repair", [command.name]) for command in COMMANDS},
}


def main() -> None:
    """Runs the command that the command line names."""
    if len(sys.argv) > 1 and sys.argv[1] in RUN:
        module, words = RUN[sys.argv[1]]
        sys.argv = [PROGRAM, *words, *sys.argv[2:]]
        runpy.run_module(module, run_name="__main__")
        return
    arguments = parser().parse_args()
    if arguments.command == "completion":
        print(_completion(arguments.shell))


def parser() -> argparse.ArgumentParser:
    """Every command and its arguments, for ``--help`` and for shells to complete."""
    from artifacts.__main__ import label_parser
    from artifacts.ray.options import ray_parser
    from build.arguments import build_parser
    from build.formats.command import export_parser

    whole = argparse.ArgumentParser(
        prog=PROGRAM, description="Repairs a BadNet with clean images alone."
    )
    add_version(whole)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    every = {
        "build": (build_parser(), "builds the detector of a network"),
        "label": (label_parser(), "labels images with a detector"),
        "ray": (ray_parser(), "labels images on many machines"),
        "export": (export_parser(), "writes a detector in another format"),
    }
    others = {x.name: (command_parser(x), x.text) for x in COMMANDS}
    for name, (one, text) in {**every, **others}.items():
        commands.add_parser(
            name,
            help=text,
            usage=one.usage,
            description=one.description,
            formatter_class=one.formatter_class,
            parents=[one],
            add_help=False,
        )
    shells = commands.add_parser(
        "completion", help="prints a shell's completion script"
    )
    shells.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return whole


def _completion(shell: str) -> str:
    try:
        import shtab
    except ModuleNotFoundError:
        sys.exit("error: completion needs the package shtab: pip install shtab")
    whole = parser()
    _complete_files(whole, shtab.FILE)
    return str(shtab.complete(whole, shell=shell))


def _complete_files(one: argparse.ArgumentParser, kind: Any) -> None:
    """Lets a shell offer files for every argument that is a path, in all commands."""
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _complete_files(command, kind)
        elif action.type is Path or action.metavar in _PATHS:
            setattr(action, "complete", kind)  # noqa: B010 -- no attribute of argparse's


if __name__ == "__main__":
    main()
