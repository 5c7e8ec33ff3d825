"""Made-up images on which two forms of one detector are compared."""

from __future__ import annotations

import numpy as np


def probes(shape: tuple[int, int, int], count: int, seed: int) -> np.ndarray:
    """Images from smooth to noise, so that the answers are classes as well as N.

    Args:
        shape: Rows, columns and channels.
        count: How many images.
        seed: The same seed gives the same images.

    Returns:
        ``(count, rows, columns, channels)`` uint8, 0..255.
    """
    rng = np.random.default_rng(seed)
    rows, columns, channels = shape
    down, across = (np.linspace(0, 3.999, x).astype(int) for x in (rows, columns))
    coarse = rng.uniform(0, 256, (count, 4, 4, channels))
    noise = rng.normal(0, 1, (count, *shape)) * rng.uniform(0, 60, (count, 1, 1, 1))
    smooth = coarse[:, down][:, :, across]
    return np.clip(smooth + noise, 0, 255).astype(np.uint8)
