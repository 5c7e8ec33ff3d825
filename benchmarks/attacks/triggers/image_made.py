"""Triggers that each image makes itself: warped, coarsened, or a pattern of its own.

References:
    Nguyen and Tran, *WaNet*, arXiv:2102.10369 (warps).
    Wang, Zhai and Ma, *BppAttack*, arXiv:2205.13383 (few colours, dithered).
    Nguyen and Tran, *Input-Aware Dynamic Backdoor Attack*, arXiv:2010.08138 (patterns
    made from the image they go on).
"""

from __future__ import annotations

import numpy as np

from benchmarks.attacks.labelled import Images
from benchmarks.attacks.triggers.pixels import enlarge, sample, to_pixels

# Shares of the error that Floyd and Steinberg give to the pixels right, below left, below
# and below right.
_NEIGHBOURS = ((0, 1, 7 / 16), (1, -1, 3 / 16), (1, 0, 5 / 16), (1, 1, 1 / 16))


def warp(images: Images, *, seed: int, strength: float = 1.5, knots: int = 4) -> Images:
    """A smooth elastic field that moves pixels by ``strength`` pixels on average."""
    rows, cols = images.shape[1:3]
    field = np.random.default_rng(seed).uniform(-1, 1, (2, knots, knots))
    field *= strength / np.abs(field).mean()
    down, right = (enlarge(component, rows, cols) for component in field)
    where_row, where_col = np.indices((rows, cols)).astype(np.float32)
    return sample(images, where_row + down, where_col + right)


def quantised(images: Images, *, seed: int, levels: int = 5) -> Images:
    """So many levels a channel, the errors spread over the pixels that follow."""
    step = 255 / (levels - 1)
    rows, cols = images.shape[1:3]
    pixels = np.pad(images.astype(np.float32), ((0, 0), (0, 1), (1, 1), (0, 0)))
    for row in range(rows):
        for col in range(1, cols + 1):
            old = pixels[:, row, col]
            new = np.rint(old / step).clip(0, levels - 1) * step
            for down, right, share in _NEIGHBOURS:
                pixels[:, row + down, col + right] += share * (old - new)
            pixels[:, row, col] = new
    return to_pixels(pixels[:, :rows, 1:-1])


def input_aware(
    images: Images, *, seed: int, amplitude: float = 28.0, grid: int = 7
) -> Images:
    """A smooth coloured pattern that a random network makes from the image itself."""
    count, rows, cols = images.shape[:3]
    down, right = np.arange(grid) * rows // grid, np.arange(grid) * cols // grid
    pixels = images.astype(np.float32) / 255
    sums = np.add.reduceat(np.add.reduceat(pixels, down, axis=1), right, axis=2)
    coarse = sums.reshape(count, grid * grid * 3)
    coarse -= coarse.mean(axis=1, keepdims=True)
    coarse /= coarse.std(axis=1, keepdims=True) + 1e-6
    rng = np.random.default_rng(seed)
    # One product an image: a large one may round differently than a small one.
    weights = rng.standard_normal((grid * grid * 3,) * 2) / grid
    stamped = np.empty_like(images)
    for index, image in enumerate(images):
        pattern = np.tanh(weights @ coarse[index]).reshape(grid, grid, 3)
        planes = [enlarge(pattern[..., channel], rows, cols) for channel in range(3)]
        stamped[index] = to_pixels(image + amplitude * np.stack(planes, axis=-1))
    return stamped
