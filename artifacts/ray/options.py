"""The command line of ``python -m artifacts.ray``."""

from __future__ import annotations

import argparse

from artifacts.called import Parser, called
from artifacts.signed import add_verify_key


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1. Received: {number}.")
    return number


def ray_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = Parser(
        prog=" ".join(called("ray")),
        description="Labels images on the machines of a Ray cluster.",
        epilog="Every machine must find the artifact and the inputs under the same paths, "
        "and PREFIX on a file system that they share.",
    )
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="an artifact")
    add("inputs", nargs="+", metavar="INPUT",
        help="PNG or JPEG file, folder of such, quoted pattern, or HDF5 file (.h5) with "
        "'data' (n, 3, rows, columns)")  # fmt: skip
    add("--output", required=True, metavar="PREFIX",
        help="write PREFIX-00000-of-00004.tsv and so on, and PREFIX-errors-... for "
        "inputs that were not labelled")  # fmt: skip
    add("--address", metavar="HOST:PORT",
        help="the cluster (default: RAY_ADDRESS, or this machine)")  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json",
        default="tsv", help="a JSON object a line, in .jsonl files")  # fmt: skip
    form.add_argument("--parquet", dest="form", action="store_const", const="parquet",
        help="Parquet files with path, index and label")  # fmt: skip
    add("--names", action="store_true",
        help="names of classes: in place of numbers in text, beside them in JSON and "
        "Parquet")  # fmt: skip
    add("--images-per-file", type=_count, metavar="N",
        help="(default: 1,024 in the first files, 65,536 in the last)")  # fmt: skip
    add("--formats", nargs="+", default=[], choices=("webp", "bmp", "ppm"),
        help="read such image files too")  # fmt: skip
    add("--resize", action="store_true",
        help="accept image files of other sizes than the detector's")  # fmt: skip
    add_verify_key(parser)
    add("--resume", action="store_true",
        help="continue what an interrupted run with the same --output left")  # fmt: skip
    return parser
