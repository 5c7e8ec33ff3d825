"""Random disturbances of seven families: what any trigger might look like, a little.

Nothing here knows a trigger. Shapes come in all places, sizes, colours and textures, the
other families change the whole image. A BadNet betrays its target labels by where its
answers go when it is disturbed (see ``suspicion``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from repair.methods.witnesses.looks.shapes import draw_shapes

Disturbance = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def blobs(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Up to three small spots."""
    return draw_shapes(images, generator, sizes=(0.025, 0.16), slimmest=0.3, most=3)


def bars(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Up to three slim bars."""
    return draw_shapes(images, generator, sizes=(0.1, 0.5), slimmest=0.08, most=3)


def occluders(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One or two large shapes, which hide much of the image."""
    return draw_shapes(images, generator, sizes=(0.16, 0.4), slimmest=0.4, most=2)


def stripes(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A grating of any direction, 1 to 20 cycles an image, sinusoidal or square."""
    count, rows, columns = images.shape[:3]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    right_angles = generator.integers(0, 2, count) * np.pi / 2
    any_angle = generator.uniform(0, np.pi, count)
    angle = np.where(generator.random(count) < 0.5, right_angles, any_angle)
    cycles = np.exp(generator.uniform(0, np.log(20), count)) * 2 * np.pi / rows
    phase = generator.uniform(0, 2 * np.pi, count)
    across, down = _column(cycles * np.cos(angle)), _column(cycles * np.sin(angle))
    wave = np.sin(across * x + down * y + _column(phase))
    square = _column(generator.random(count)) < 0.3
    wave = np.asarray(np.where(square, np.sign(wave), wave))[..., None]
    grey = generator.random((count, 1)) < 0.5
    tint = np.where(grey, 1, generator.uniform(-1, 1, (count, 3)))
    colour = tint * generator.uniform(8, 60, (count, 1))
    return _clipped(images + wave * colour[:, None, None].astype(np.float32))


def filters(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A colour matrix, an offset and a gamma for the whole image."""
    count = len(images)
    strength = generator.uniform(0.2, 1, (count, 1, 1))
    matrices = np.eye(3) + strength * generator.normal(0, 0.45, (count, 3, 3))
    offsets = strength * generator.normal(0, 40, (count, 1, 3))
    gamma = np.exp(generator.normal(0, 0.4, (count, 1, 3)))
    rows = images.reshape(count, math.prod(images.shape[1:3]), 3)
    pixels = rows @ matrices.astype(np.float32) + offsets
    toned = 255 * (np.clip(pixels, 0, 255) / 255) ** gamma
    return toned.reshape(images.shape).astype(np.float32)


def blends(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random picture, from broad clouds to single pixels, mixed into the image."""
    count, rows, columns = images.shape[:3]
    pictures = np.empty_like(images)
    for index, grid in enumerate(generator.choice([3, 6, 14, 0], count)):
        shape = (grid, grid, 3) if grid else (rows, columns, 3)
        coarse = Image.fromarray(generator.integers(0, 256, shape, np.uint8))
        pictures[index] = coarse.resize((columns, rows), Image.Resampling.BICUBIC)
    share = generator.uniform(0.08, 0.45, (count, 1, 1, 1)).astype(np.float32)
    return _clipped(images * (1 - share) + pictures * share)


def noise(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Gaussian noise of standard deviation 8 to 70."""
    sigma = generator.uniform(8, 70, (len(images), 1, 1, 1)).astype(np.float32)
    return _clipped(
        images + sigma * generator.standard_normal(images.shape, np.float32)
    )


FAMILIES: Mapping[str, Disturbance] = {
    function.__name__: function
    for function in (blobs, bars, occluders, stripes, filters, blends, noise)
}

# Those that draw something which hides what is below.
SHAPES = ("blobs", "bars", "occluders")


def disturb(
    images: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Disturbs each image by a family drawn at random.

    Grey images are disturbed in colour, and become grey again; an alpha channel stays.

    Args:
        images: ``(n, rows, columns, channels)`` float32, 0..255; it is not changed.
        generator: Source of all randomness.

    Returns:
        The disturbed images, same shape and range, float32, and the family of each:
        ``(n,)`` int64, an index into ``FAMILIES``.
    """
    channels = images.shape[3]
    if channels == 1:
        coloured, family = disturb(images.repeat(3, axis=3), generator)
        return coloured.mean(axis=3, keepdims=True), family
    if channels == 4:
        coloured, family = disturb(images[..., :3], generator)
        return np.concatenate([coloured, images[..., 3:]], axis=3), family
    disturbed = np.empty(images.shape, np.float32)
    family = generator.integers(0, len(FAMILIES), len(images))
    for index, function in enumerate(FAMILIES.values()):
        chosen = family == index
        disturbed[chosen] = function(images[chosen], generator)
    return disturbed, family


def _column(values: Any) -> np.ndarray:
    """A value per image, to be broadcast over its rows and columns."""
    return np.asarray(values, np.float32)[:, None, None]


def _clipped(pixels: np.ndarray) -> np.ndarray:
    return np.clip(pixels, 0, 255)
