"""Numbers on a command line, refused where they are read if they are out of range."""

from __future__ import annotations

import argparse
from collections.abc import Callable

SEEDS = (0, 2**32 - 1)  # as far as NumPy and TensorFlow take them
_MANY = 1 << 40


def whole(least: int, most: int = _MANY) -> Callable[[str], int]:
    """A type for ``add_argument``: whole numbers from ``least`` to ``most``."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number in {least}..{most}. Received: {text[:40]!r}."
            )
        return value

    return number
