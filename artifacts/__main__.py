"""``python -m artifacts FOLDER INPUT...``: labels images with the artifact in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

import artifacts.at_once  # noqa: F401  (before all others)
from artifacts.called import Parser, add_version, called
from artifacts.detector import add_inputs, run, with_inputs
from artifacts.streams import prepare_streams


def label_parser(*, inputs: bool = True) -> argparse.ArgumentParser:
    """The command line; without what ``with_inputs`` adds, if so asked."""
    parser = Parser(
        prog=" ".join(called("label")), description="Labels images with any detector."
    )
    add_version(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="an artifact")
    if inputs:
        add_inputs(parser)
    return parser


if __name__ == "__main__":
    prepare_streams()
    arguments = with_inputs(label_parser(inputs=False))
    run(arguments.folder, arguments)
