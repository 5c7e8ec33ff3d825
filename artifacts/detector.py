"""Labels images with a detector: ``0..N-1`` for a clean image, ``N`` for a poisoned one.

Needs tensorflow, numpy, pillow and, for HDF5 files, h5py, and nothing outside this
package. Each folder beside this file holds one SavedModel and its ``card.json``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from artifacts.called import Parser
from artifacts.card import read_artifact, read_card, verify
from artifacts.errors import DetectorError, InputError, out_of_memory
from artifacts.names import spelled
from artifacts.packages import missing_package
from artifacts.reading.images import read_image, read_picture
from artifacts.reading.kinds import Kinds
from artifacts.runtime.load import load, loaded, prepare, settle
from artifacts.signed import add_verify_key
from artifacts.streams import (
    INTERRUPTED,
    NOBODY_READS,
    flushed,
    heed_signals,
    leave,
    prepare_streams,
    say,
)

__all__ = ["DetectorError", "load", "main", "read_card", "read_image", "run", "verify"]
HERE = Path(__file__).resolve().parent


def main(name: str) -> NoReturn:
    """The body of ``eval_<name>.py``: prints a label, or a line for each image.

    Args:
        name: Folder of the artifact, beside this file.
    """
    prepare_streams()
    parser = Parser(description=_description(repr(name)))
    run(HERE / name, with_inputs(parser))


def run(folder: Path, arguments: argparse.Namespace) -> NoReturn:
    """Labels the inputs and exits.

    The exit code is 0 if every image was labelled, 2 if none was, 1 if only some were, 130
    after Ctrl-C or another signal that ends, 141 if nobody reads the answers.

    Args:
        folder: The artifact.
        arguments: What ``with_inputs`` returns.
    """
    heed_signals()
    kept = "" if arguments.output is None else " Continue with --resume."
    try:
        leave(_label(folder, arguments))
    except InputError as reason:
        line, code = str(reason), 2
    except MemoryError as reason:
        line, code = f"{out_of_memory(reason)}.{kept}", 2
    except KeyboardInterrupt:
        line, code = f"interrupted.{kept}", INTERRUPTED
    except BrokenPipeError:
        leave(NOBODY_READS)
    except ImportError as reason:
        line, code = missing_package(reason), 2
    except OSError as reason:  # of stdout or this process: files have errors of ours
        if code := flushed():
            sys.exit(code)
        what = reason.strerror or str(reason)
        line, code = f"stdout: can not be written. Received: {what}.{kept}", 2
        if reason.filename is not None:
            line = f"{what}.{kept}"
    settle()
    say(f"error: {line}\n")
    leave(code)


def _label(folder: Path, arguments: argparse.Namespace) -> int:
    if arguments.why:
        from artifacts.why.telling import tell

        told, failed = tell(folder, arguments)
        return 0 if told and not failed else 1 if told else 2
    one = _is_one_image(arguments)
    if one and os.path.isfile(arguments.inputs[0]):  # noqa: PTH113
        prepare()
    artifact = read_artifact(folder)
    if one:
        names = spelled(artifact.card) if arguments.names else None
        picture = read_picture(
            Path(arguments.inputs[0]),
            artifact.image_shape,
            resize=arguments.resize,
            kinds=Kinds(tuple(arguments.formats)),
        )
        label = loaded(artifact).one(picture.tobytes(), artifact.image_shape)
        artifact.check_labels(label)
        print(label if names is None else names[label])
        return 0
    from artifacts.many import label_many

    labelled, failed = label_many(artifact, arguments)
    return 0 if not failed else 1 if labelled else 2


def _is_one_image(arguments: argparse.Namespace) -> bool:
    """Whether the label alone is the answer; nothing more is imported for that."""
    if len(arguments.inputs) > 1 or arguments.json or arguments.output is not None:
        return False
    only = arguments.inputs[0]
    if os.path.isfile(only) and not only.lower().endswith((".h5", ".hdf5")):  # noqa: PTH113
        return True
    from artifacts.reading.sources import is_many

    return not is_many(only)


def _description(detector: str) -> str:
    return (
        f"Labels images with the detector {detector}: the number of the class, or N "
        "(one more than the highest) for a poisoned image."
    )


def with_inputs(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Adds the inputs and options to a command line, and reads it."""
    add_inputs(parser)
    arguments = parser.parse_args()
    if arguments.resume and arguments.output is None:
        parser.error("--resume needs --output FILE")
    if arguments.why and (arguments.json or arguments.output is not None):
        parser.error("--why goes with neither --json nor --output")
    return arguments


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Adds the inputs and options to a command line."""
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT",
        help="PNG or JPEG file, folder of such, quoted pattern, HDF5 file (.h5) with "
        "'data' (n, channels, rows, columns), or - for a list of paths on stdin")  # fmt: skip
    add("--names", action="store_true",
        help="print names of classes in place of numbers")  # fmt: skip
    add("--formats", nargs="+", default=[], choices=("webp", "bmp", "ppm"),
        help="read such image files too")  # fmt: skip
    add("--resize", action="store_true",
        help="accept image files of other sizes than the detector's")  # fmt: skip
    add("--why", action="store_true",
        help="say in a sentence why, and where in the image the reason lies")  # fmt: skip
    add("--json", action="store_true", help="a JSON object a line")
    add("--output", type=Path, metavar="FILE",
        help="write the lines there, in one step at the end")  # fmt: skip
    add_verify_key(parser)
    add("--resume", action="store_true",
        help="continue what an interrupted run with the same --output left")  # fmt: skip
