"""Labels images with a detector: ``0..N-1`` for a clean image, ``N`` for a poisoned one.

Needs tensorflow, numpy and pillow, and nothing outside this package. Each folder beside
this file holds one SavedModel and its ``card.json``.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from artifacts.card import read_card, verify
from artifacts.errors import DetectorError, printable
from artifacts.images import read_image
from artifacts.model import load, prepare, settle

if TYPE_CHECKING:
    import numpy as np

__all__ = ["DetectorError", "load", "main", "read_card", "read_image", "verify"]
HERE = Path(__file__).resolve().parent


def main(name: str) -> NoReturn:
    """The body of ``eval_<name>.py``: prints a label, or a label and path a line.

    Exits with 0 if every image was labelled, 2 if none was, 1 if only some were.

    Args:
        name: Folder of the artifact, beside this file.
    """
    arguments = _parser(name).parse_args()
    if any(map(os.path.isfile, arguments.images)):
        prepare()
    paths, images = [], []
    try:
        card = read_card(HERE / name)
        size = card["input"]["rows"], card["input"]["columns"]
        for path in arguments.images:
            try:
                images.append(read_image(Path(path), size, resize=arguments.resize))
                paths.append(path)
            except DetectorError as reason:
                _say(reason)
        answers = _labels(HERE / name, images) if images else []
    except DetectorError as reason:
        _say(reason)
        sys.exit(2)
    for path, label in zip(paths, answers, strict=True):
        print(label if len(arguments.images) == 1 else f"{label}\t{printable(path)}")
    sys.exit(0 if len(images) == len(arguments.images) else 1 if images else 2)


def _say(reason: DetectorError) -> None:
    settle()
    print(f"error: {reason}", file=sys.stderr)


def _labels(folder: Path, images: list[np.ndarray]) -> list[int]:
    import numpy as np

    return [int(label) for label in load(folder)(np.stack(images))]


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=f"Labels face images with the detector {name!r}: the person's "
        "number, or N (one more than the highest) for a poisoned image."
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="PNG or JPEG file")
    parser.add_argument(
        "--resize", action="store_true", help="accept other sizes than the detector's"
    )
    return parser
