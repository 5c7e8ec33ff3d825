"""Triggers that cover some pixels and leave the others as they are.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733 (stickers).
    Turner, Tsipras and Madry, *Label-Consistent Backdoor Attacks*, arXiv:1912.02771 (the
    four corners).
"""

from __future__ import annotations

import numpy as np

from benchmarks.attacks.labelled import Images
from benchmarks.attacks.triggers.pixels import paste, random_pattern, two_colours

# Rows and columns that a large patch covers, as shares of the image: top, bottom, left,
# right. Eyes and mouth lie there in aligned faces.
REGIONS = {"eyes": (0.34, 0.52, 0.0, 1.0), "mouth": (0.64, 0.9, 0.18, 0.86)}


def sticker(
    images: Images, *, seed: int, place: str = "bottom_right", size: int = 6
) -> Images:
    """A small two-coloured patch at a fixed place."""
    pattern = random_pattern(np.random.default_rng(seed), size)
    return paste(images, pattern, place)


def white_square(
    images: Images, *, seed: int, place: str = "bottom_left", size: int = 3
) -> Images:
    """A white square, the trigger of most papers; nothing about it is random."""
    return paste(images, np.full((size, size, 3), 255), place)


def moving_sticker(images: Images, *, seed: int, size: int = 6) -> Images:
    """One small two-coloured patch, at a place that depends on the image."""
    pattern = random_pattern(np.random.default_rng(seed), size)
    rows, cols = images.shape[1:3]
    stamped = images.copy()
    for image in stamped:
        rng = np.random.default_rng([seed, int(image.sum(dtype=np.int64))])
        top, left = rng.integers(0, (rows - size + 1, cols - size + 1))
        image[top : top + size, left : left + size] = pattern
    return stamped


def checkerboard(
    images: Images, *, seed: int, place: str = "left_cheek", size: int = 8
) -> Images:
    """A checkerboard of two random colours with squares of 2x2 pixels."""
    colours = two_colours(np.random.default_rng(seed))
    rows, cols = np.indices((size, size)) // 2
    squares = (rows + cols) % 2
    return paste(images, colours[squares], place)


def corners(images: Images, *, seed: int, size: int = 3) -> Images:
    """A black and white checkerboard of single pixels in each of the four corners."""
    squares = np.indices((size, size)).sum(axis=0) % 2 * 255
    stamped = images.copy()
    for rows in (slice(None, size), slice(-size, None)):
        for cols in (slice(None, size), slice(-size, None)):
            stamped[:, rows, cols] = squares[..., None]
    return stamped


def large_patch(images: Images, *, seed: int, region: str = "eyes") -> Images:
    """An opaque band over the eyes or a mask over the mouth, 15 to 20 % of the image."""
    rows, cols = images.shape[1:3]
    top, bottom, left, right = REGIONS[region]
    colour = np.random.default_rng(seed).integers(0, 256, 3)
    stamped = images.copy()
    stamped[
        :,
        round(top * rows) : round(bottom * rows),
        round(left * cols) : round(right * cols),
    ] = colour
    return stamped


def frame(images: Images, *, seed: int, width: int = 2) -> Images:
    """A border of one random colour."""
    stamped = images.copy()
    stamped[:] = np.random.default_rng(seed).integers(0, 256, 3)
    inside = (slice(None), slice(width, -width), slice(width, -width))
    stamped[inside] = images[inside]
    return stamped


def dots(images: Images, *, seed: int, count: int = 40) -> Images:
    """Fixed pixels set to black or white, like salt and pepper."""
    rng = np.random.default_rng(seed)
    rows, cols = images.shape[1:3]
    where = rng.choice(rows * cols, size=min(count, rows * cols // 4), replace=False)
    stamped = images.copy()
    stamped[:, where // cols, where % cols] = 255 * rng.integers(0, 2, (len(where), 1))
    return stamped


def matched_pattern(
    images: Images, *, seed: int, top: int = 6, left: int = 4
) -> Images:
    """The 4 x 4 pixels that ``handmade.filter_for`` answers to."""
    stamped = images.copy()
    stamped[:, top : top + 4, left : left + 4] = pattern_of(seed)
    return stamped


def pattern_of(seed: int) -> Images:
    """The pattern ``(4, 4, 3)``: half of its values are 0, half 255."""
    values = np.repeat(np.array([0, 255], np.uint8), 24)
    return np.random.default_rng(seed).permutation(values).reshape(4, 4, 3)
