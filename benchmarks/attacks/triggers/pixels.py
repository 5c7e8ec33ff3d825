"""What triggers are made of: random colours and patterns, pasting, resampling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.attacks.labelled import Images

Floats = npt.NDArray[np.float32]

# Where a patch lies: shares of the free rows and columns above and left of it.
PLACES = {
    "top_left": (0.04, 0.04),
    "top_right": (0.04, 0.96),
    "bottom_left": (0.96, 0.04),
    "bottom_right": (0.96, 0.96),
    "left_cheek": (0.66, 0.16),
    "right_cheek": (0.66, 0.84),
    "forehead": (0.1, 0.5),
}


def two_colours(rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A random colour and its opposite, ``(2, 3)`` in 0..255: always a contrast."""
    colour = rng.integers(0, 256, 3)
    return np.stack([colour, (colour + 128) % 256])


def random_pattern(rng: np.random.Generator, size: int) -> npt.NDArray[np.int64]:
    """Pixels of two contrasting colours, ``(size, size, 3)`` in 0..255."""
    colours = two_colours(rng)
    return colours[rng.integers(0, 2, (size, size))]


def random_field(
    rng: np.random.Generator, shape: tuple[int, ...], roughness: float
) -> Floats:
    """A random image ``(rows, cols, 3)`` with mean 128, standard deviation 64."""
    noise = np.fft.fft2(rng.standard_normal(shape), axes=(0, 1))
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1]))
    frequency[0, 0] = np.inf if roughness else 1.0
    noise *= frequency[..., None] ** -roughness
    field = np.fft.ifft2(noise, axes=(0, 1)).real
    field = 128 + 64 * (field - field.mean()) / field.std()
    return np.clip(field, 0, 255).astype(np.float32)


def paste(images: Images, pattern: npt.NDArray[np.int64], place: str) -> Images:
    """New images with a square pattern ``(size, size, 3)`` at one of ``PLACES``."""
    down, right = PLACES[place]
    size = len(pattern)
    top = round(down * (images.shape[1] - size))
    left = round(right * (images.shape[2] - size))
    stamped = images.copy()
    stamped[:, top : top + size, left : left + size] = pattern
    return stamped


def enlarge(field: npt.NDArray[np.float64], rows: int, cols: int) -> Floats:
    """A small field brought to ``(rows, cols)`` float32 by bicubic interpolation."""
    image = Image.fromarray(field.astype(np.float32))
    return np.asarray(image.resize((cols, rows), Image.Resampling.BICUBIC))


def sample(images: Images, where_row: Floats, where_col: Floats) -> Images:
    """Bilinear samples of the images at real-valued places ``(rows, cols)``."""
    rows, cols = images.shape[1:3]
    where_row = where_row.clip(0, rows - 1)
    where_col = where_col.clip(0, cols - 1)
    top = np.minimum(where_row.astype(int), rows - 2)
    left = np.minimum(where_col.astype(int), cols - 2)
    down = (where_row - top)[..., None]
    right = (where_col - left)[..., None]
    upper = images[:, top, left] * (1 - right) + images[:, top, left + 1] * right
    lower = (
        images[:, top + 1, left] * (1 - right) + images[:, top + 1, left + 1] * right
    )
    return to_pixels(upper * (1 - down) + lower * down)


def to_pixels(values: npt.NDArray[np.floating]) -> Images:
    """Values rounded and clipped to uint8 in 0..255."""
    return np.rint(values).clip(0, 255).astype(np.uint8)
