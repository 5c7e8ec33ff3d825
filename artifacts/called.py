"""How commands are called here: as modules of a clone, or by one name; and misspelt options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import NoReturn

PROGRAM = "badnet-repair"
VERSION = "0.1.0"  # as in setup.cfg
# What is done -> how it is called in a clone, and how once the project is installed.
_CALLED = {
    "label": (("python", "-m", "artifacts"), (PROGRAM, "label")),
    "ray": (("python", "-m", "artifacts.ray"), (PROGRAM, "ray")),
    "build": (("python", "-m", "build"), (PROGRAM, "build")),
    "export": (("python", "-m", "build", "export"), (PROGRAM, "export")),
    "repair": (("python", "-m", "repair"), (PROGRAM,)),
}


def called(action: str) -> tuple[str, ...]:
    """The words that start a command: ``label``, ``ray``, ``build`` and so on."""
    return _CALLED[action]["badnet_repair" in sys.modules]


def add_version(parser: argparse.ArgumentParser) -> None:
    """Adds ``--version`` to a command line."""
    said = f"{PROGRAM} {VERSION}"
    parser.add_argument("--version", action="version", version=said)


class Parser(argparse.ArgumentParser):
    """As argparse's, but an option that it does not know is answered with a likely one."""

    def error(self, message: str) -> NoReturn:
        """Ends with the message, exit code 2."""
        if message.startswith("unrecognized arguments: "):
            message += self._likely(message.split()[2:])
        super().error(message)

    def _likely(self, words: list[str]) -> str:
        from difflib import get_close_matches

        known = list(_options(self))
        others = [word for word in words if word in known]
        if others:
            return f". Other commands than this one take {' and '.join(others)}."
        likely = [
            match
            for word in words
            if word.startswith("--")
            for match in get_close_matches(word.split("=")[0], known, n=1, cutoff=0.7)
        ]
        return f". Did you mean {' and '.join(likely)}?" if likely else ""


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The names of its options, and of its commands' own."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _options(command)
