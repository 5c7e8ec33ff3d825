"""Options on a network's file, where it does not say it all."""

from __future__ import annotations

import argparse
from pathlib import Path

from repair.settings import NetworkOptions


def add_network_options(
    group: argparse._ArgumentGroup | argparse.ArgumentParser,
) -> None:
    """Adds the options that ``network_options_from`` reads."""
    group.add_argument("--architecture", type=Path, metavar="FILE.json",
        help="what model.to_json() wrote, for a file of weights alone")  # fmt: skip
    group.add_argument("--output", metavar="NAME",
        help="the layer that classifies, of a network with several outputs")  # fmt: skip


def network_options_from(arguments: argparse.Namespace) -> NetworkOptions:
    """What the command line says about a network's file."""
    return NetworkOptions(arguments.architecture, arguments.output)
