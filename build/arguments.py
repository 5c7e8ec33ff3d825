"""The command line of ``python -m build``."""

from __future__ import annotations

import argparse
from pathlib import Path

from artifacts.called import Parser, add_version, called
from build.catalogue import NETWORKS
from repair.commands.data_options import add_data_options
from repair.commands.network_options import add_network_options
from repair.commands.options import add_for_pipelines, add_settings
from repair.commands.short_usage import ShortUsage
from repair.settings import METHODS

_DEMO_TEXT = (
    "--demo: makes up 1,283 people, whose faces are drawn, and four BadNets that know them, "
    "into demo/ (half an hour on two cores, 2 GB), then builds the four detectors into "
    "artifacts/, in place of those that are there. Interrupted, it goes on where it stopped. "
    "Nothing is downloaded. The other options say how to build."
)


def build_parser(*, demo: bool = False) -> argparse.ArgumentParser:
    """The parser of ``python -m build``; with the demo's description if that is asked for."""
    program = " ".join(called("build"))
    parser = Parser(
        prog=program,
        usage=f"{program} [options] --model FILE --clean DATA --out FOLDER\n"
        f"       {program} [options] [--demo] [NAME ...]",
        description=_DEMO_TEXT
        if demo
        else "Repairs BadNets and fuses each with its repaired network into one "
        "SavedModel that answers with a label, or N for a poisoned image.",
        epilog=f"{program} export ARTIFACT --to FORMAT: see export --help.",
        formatter_class=ShortUsage,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"networks of the competition (default: all): {', '.join(NETWORKS)}",
    )
    add_version(parser)
    add = parser.add_argument
    add("--demo", action="store_true", help="make up people and BadNets, then build")
    add(
        "--models", type=Path, default=Path("models"), help="folder of the four BadNets"
    )
    add("--data", type=Path, default=Path("data"), help="folder of their data files")
    add("--out", type=Path, help="folder of the artifact (with NAMEs: of artifacts)")
    one = parser.add_argument_group("any other network")
    one.add_argument("--model", type=Path, metavar="FILE",
        help="the network, .keras or .h5")  # fmt: skip
    add_network_options(one)
    one.add_argument("--clean", type=Path, metavar="DATA",
        help="clean images: a folder of each class, .npz, .npy, .h5, .csv")  # fmt: skip
    one.add_argument("--test", type=Path, metavar="DATA",
        help="clean test images, only for figures")  # fmt: skip
    one.add_argument(
        "--poisoned", type=Path, nargs="+", default=[], metavar="DATA",
        help="poisoned images, only for figures; labels are the target labels",
    )  # fmt: skip
    how = parser.add_argument_group("how to repair")
    how.add_argument("--method", choices=METHODS, default=METHODS[0])
    add_settings(how)
    add_data_options(parser.add_argument_group("what the data do not say"))
    how.add_argument("--force", action="store_true", help="build whatever the accuracy")
    add_for_pipelines(parser)
    return parser
