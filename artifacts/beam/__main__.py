"""``python -m artifacts.beam FOLDER INPUT... --output PREFIX``: labels on many machines.

The pipeline runs on any runner of Apache Beam; this is its command line alone.
"""

from __future__ import annotations

import argparse
import glob
import logging
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from artifacts.card import read_card, verify
from artifacts.errors import DetectorError, printable
from artifacts.reading.sources import STDIN
from artifacts.runtime.load import silent

_NEEDED = ("apache_beam", "tensorflow_hub", "pkg_resources")


def main() -> int:
    """Labels the inputs: 0 if every image was labelled, 1 if some were, 2 if none."""
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    arguments, options = _parser().parse_args(given[:end]), given[end + 1 :]
    try:
        labelled, failed = _label(arguments, options)
    except DetectorError as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 2
    where = f" See {printable(arguments.output)}-errors-*." if failed else ""
    print(f"{labelled:,} labelled, {failed:,} not.{where}", file=sys.stderr)
    return 0 if labelled and not failed else 1 if labelled else 2


def _label(arguments: argparse.Namespace, options: list[str]) -> tuple[int, int]:
    card = read_card(Path(arguments.folder))
    verify(Path(arguments.folder))
    _check(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger().setLevel(logging.ERROR)  # Beam warns of what it does not need
    with silent():
        from artifacts.beam.pipeline import run
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    return run(arguments, (card["input"]["rows"], card["input"]["columns"]), options)


def _interrupted(*_: object) -> NoReturn:
    """Ends at once; an exception could arise in a worker's code, and fail the job.

    Beam puts files in their place at the end, so there are none yet, and none is lost.
    """
    os.write(2, b"error: interrupted. Run it again; beam-temp-* can be removed.\n")
    os._exit(130)


def _check(arguments: argparse.Namespace) -> None:
    """Says what can be known before Beam is imported.

    Raises:
        DetectorError: If no input is there, results are, or Beam is not.
    """
    if STDIN in arguments.inputs:
        raise DetectorError("-: expected paths, which workers read. Received: stdin.")
    if not any(map(_is_there, arguments.inputs)):
        raise DetectorError(
            f"{printable(arguments.inputs[0])}: expected an image, a folder, a pattern "
            "or an HDF5 file. Received: no such file."
        )
    if older := glob.glob(glob.escape(arguments.output) + "-*-of-*"):  # noqa: PTH207
        raise DetectorError(
            f"{printable(arguments.output)}: expected no older results. Received: "
            f"{printable(min(older))}. Remove them, or choose another --output."
        )
    for package in _NEEDED:
        if find_spec(package) is None:
            raise DetectorError(
                f"expected the package {package}. Received: not installed. "
                "Install it: pip install -e .[beam]"
            )


def _is_there(argument: str) -> bool:
    if os.path.lexists(argument):
        return True
    return next(glob.iglob(argument, recursive=True), None) is not None  # noqa: PTH207


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1. Received: {number}.")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m artifacts.beam",
        usage="%(prog)s FOLDER INPUT... --output PREFIX [--shards N] [--json] [--resize] "
        "[-- BEAM_OPTION...]",
        description="Labels face images in an Apache Beam pipeline.",
        epilog="Options after -- are Beam's own: -- --runner=FlinkRunner "
        "--flink_master=HOST:8081, or -- --direct_num_workers=4 "
        "--direct_running_mode=multi_processing on this machine. Every worker must find "
        "the artifact and the inputs under the same paths.",
    )
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="an artifact")
    add("inputs", nargs="+", metavar="INPUT",
        help="PNG or JPEG file, folder of such, quoted pattern, or HDF5 file (.h5) with "
        "'data' (n, 3, rows, columns)")  # fmt: skip
    add("--output", required=True, metavar="PREFIX",
        help="write PREFIX-00000-of-00004.tsv and so on, and PREFIX-errors-... for "
        "inputs that were not labelled")  # fmt: skip
    add("--shards", type=_count, default=0, metavar="N",
        help="number of output files (default: the runner chooses)")  # fmt: skip
    add("--json", action="store_true", help="a JSON object a line, in .jsonl files")
    add("--resize", action="store_true",
        help="accept image files of other sizes than the detector's")  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
