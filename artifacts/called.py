"""How the project's commands are called here: as modules of a clone, or by one name."""

from __future__ import annotations

import argparse
import sys

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
