"""Room for images: in memory, or where they are too many in a file without a name."""

from __future__ import annotations

import math
import tempfile

import numpy as np

_MEMORY = 1 << 30


def room(shape: tuple[int, ...]) -> np.ndarray:
    """An uninitialised uint8 array; of more than 1 GiB, the system writes it to the disk.

    The file is gone when nobody uses the array any more.

    Raises:
        OSError: If the disk is full.
    """
    if math.prod(shape) <= _MEMORY:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile() as file:
        file.truncate(math.prod(shape))
        return np.memmap(file, np.uint8, "r+", shape=shape)
