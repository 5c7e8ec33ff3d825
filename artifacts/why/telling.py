"""``--why``: a line of reasons for each image."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from artifacts.errors import DetectorError, printable
from artifacts.reading.images import read_image
from artifacts.reading.kinds import Kinds, passed_over
from artifacts.reading.sources import pieces
from artifacts.streams import say
from artifacts.why.asking import Explainer
from artifacts.why.sentences import sentence
from artifacts.why.story import STAND_IN, story


def tell(folder: Path, arguments: argparse.Namespace) -> tuple[int, int]:
    """Prints a sentence for one image, and ``PATH<TAB>SENTENCE`` for each of several.

    Args:
        folder: The artifact.
        arguments: ``inputs``, image files or folders of such, and ``resize``.

    Returns:
        How many images were explained, and how many inputs were not.

    Raises:
        DetectorError: If the artifact is unfit.
        MemoryError: If this process may not take what TensorFlow needs.
    """
    detector, kinds = Explainer(folder), Kinds(tuple(arguments.formats))
    if detector.stand_in:
        say(f"note: {STAND_IN}\n")
    told, failed, passed = 0, 0, Counter[str]()
    several = len(arguments.inputs) > 1 or not Path(arguments.inputs[0]).is_file()
    for piece in pieces(arguments.inputs, detector.size, kinds, passed):
        try:
            if isinstance(piece, DetectorError):
                raise piece
            if piece.chosen is not None:
                raise DetectorError(
                    f"{printable(piece.path)}: --why expects PNG or JPEG images. Received: "
                    "HDF5. Use: python -m repair explain"
                )
            pixels = read_image(
                Path(piece.path), detector.size, resize=arguments.resize, kinds=kinds
            )
        except DetectorError as reason:
            failed += 1
            say(f"error: {reason}\n")
            continue
        start = f"{printable(piece.path)}\t" if several else ""
        line = sentence(story(detector, pixels, detector.card))
        print(f"{start}{line}", flush=True)
        told += 1
    if passed:
        say(f"{passed_over(passed)}\n")
    return told, failed
