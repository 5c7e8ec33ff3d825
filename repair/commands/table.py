"""Every command of ``python -m repair``: one line a command, read by the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from repair.commands import arguments


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: As it is typed.
        text: What it does, for ``--help``.
        arguments: Adds its arguments to a parser.
        place: Module and function that do it, ``module:function``. It is imported when
            the command runs, since TensorFlow is; it gives back rows for a table.
        needs_networks: Whether TensorFlow is needed for it.
        cut_short: What is said if a signal ends it; None for what all commands say.
    """

    name: str
    text: str
    arguments: Callable[[argparse.ArgumentParser], None]
    place: str
    needs_networks: bool = False
    cut_short: str | None = None


_REPORT = "interrupted; an older report stays as it was"
_DATA, _NETWORKS = "repair.commands.data", "repair.commands.networks"
COMMANDS = (
    Command("inspect", "is it backdoored, to which labels, and why: a page",
            arguments.inspect, "repair.commands.inspect:inspect", True,
            cut_short=_REPORT),
    Command("explain", "why a detector answered as it did, and where the reason lies",
            arguments.explain, "repair.commands.explain:explain", True,
            cut_short=_REPORT),
    Command("triggers", "what triggers look like: what a detector flags, in groups",
            arguments.triggers, "repair.commands.triggers:triggers", True,
            cut_short=_REPORT),
    Command("page", "a local page to drop images on (extra page)",
            arguments.page, "repair.commands.page:page", True,
            cut_short="the page is closed"),
    Command("accuracy", "accuracy of a network or detector",
            arguments.accuracy, "repair.commands.accuracy:accuracy", True),
    Command("defence", "the full table: clean accuracy, FPR, ASR, detection",
            arguments.defence, f"{_NETWORKS}:defence", True),
    Command("fine-prune", "fine-prune networks, save them as HDF5",
            arguments.fine_prune, f"{_NETWORKS}:fine_prune", True),
    Command("check", "what a data file holds", arguments.check, f"{_DATA}:check"),
    Command("sheet", "a contact sheet of images as PNG",
            arguments.sheet, f"{_DATA}:sheet"),
    Command("flags", "which images carry purple lips, as anonymous_1's",
            arguments.flags, f"{_DATA}:flags"),
)  # fmt: skip
