"""A heat map in colour over a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image

_COLD, _WARM, _HOT = (45, 0, 95), (225, 55, 60), (255, 235, 90)


def heat_over(grey: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The heat over a grey picture: dark blue is cold, yellow is hot.

    Args:
        grey: ``(rows, columns)``, 0..255.
        share: ``(rows, columns)`` in [0, 1], the heat.

    Returns:
        ``(rows, columns, 3)`` uint8.
    """
    stops = np.array([_COLD, _WARM, _HOT], float)
    colour = np.stack([np.interp(share, [0, 0.5, 1], stop) for stop in stops.T], axis=2)
    opacity = (0.25 + 0.65 * share)[..., None]
    mixed = grey[..., None] * (1 - opacity) + colour * opacity
    return np.rint(mixed).clip(0, 255).astype(np.uint8)


def enlarged(image: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """A picture of ``size`` (width, height), each pixel a square."""
    return as_picture(image).resize(size, Image.Resampling.NEAREST)


def as_picture(image: np.ndarray) -> Image.Image:
    """Of pixels ``(rows, columns, channels)`` uint8: grey, RGB or RGBA."""
    return Image.fromarray(image[..., 0] if image.shape[2:] == (1,) else image)


def tile(image: np.ndarray, least: int = 188) -> Image.Image:
    """A picture at the smallest whole enlargement at least ``least`` pixels wide."""
    rows, columns = image.shape[:2]
    zoom = max(1, -(-least // columns))
    return enlarged(image, (columns * zoom, rows * zoom))
