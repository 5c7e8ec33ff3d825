"""Random shapes drawn onto images: any place, size, turn, colour and texture."""

from __future__ import annotations

import numpy as np

_OPAQUE = 0.75  # share of shapes that hide what is below
_NOISY, _CHECKED = 0.12, 0.12  # shares of shapes with such a texture; others are plain
_PURE = 0.4  # share of colours made of 0, 127 and 255 alone


def draw_shapes(
    images: np.ndarray,
    generator: np.random.Generator,
    *,
    sizes: tuple[float, float],
    slimmest: float,
    most: int,
) -> np.ndarray:
    """Draws up to ``most`` ellipses, diamonds or boxes onto each image.

    Args:
        images: ``(n, rows, columns, 3)`` float32, 0..255; it is not changed.
        generator: Source of all randomness.
        sizes: Smallest and largest half-length, as a share of the image's height.
        slimmest: Smallest ratio of half-width to half-length, in (0, 1].
        most: Largest number of shapes on an image; at least one is drawn.

    Returns:
        ``(n, rows, columns, 3)`` float32, 0..255.
    """
    drawn = images.astype(np.float32)
    shapes = generator.integers(1, most + 1, len(images))
    for step in range(most):
        chosen = np.flatnonzero(shapes > step)
        opacity = np.where(
            generator.random(len(chosen)) < _OPAQUE,
            1,
            generator.uniform(0.4, 1, len(chosen)),
        ).astype(np.float32)
        inside = _inside(images.shape, len(chosen), generator, sizes, slimmest)
        share = opacity[:, None, None, None] * inside[..., None]
        paint = _paint((len(chosen), *images.shape[1:]), generator)
        drawn[chosen] += share * (paint - drawn[chosen])
    return drawn


def _inside(
    shape: tuple[int, ...],
    count: int,
    generator: np.random.Generator,
    sizes: tuple[float, float],
    slimmest: float,
) -> np.ndarray:
    """Which pixels lie in a shape: bool ``(count, rows, columns)``."""
    rows, columns = shape[1:3]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    length = rows * np.exp(generator.uniform(np.log(sizes[0]), np.log(sizes[1]), count))
    width = length * np.exp(generator.uniform(np.log(slimmest), 0, count))
    turned = generator.uniform(0, np.pi, count)
    angle = np.where(generator.random(count) < 0.5, 0, turned)
    centre = generator.random((count, 2)) * (columns, rows)
    kind = generator.choice(["ellipse", "ellipse", "box", "diamond"], count)

    def each(values: np.ndarray) -> np.ndarray:
        return values.astype(np.float32)[:, None, None]

    cosine, sine = each(np.cos(angle)), each(np.sin(angle))
    right, down = x - each(centre[:, 0]), y - each(centre[:, 1])
    along = np.abs(cosine * right + sine * down) / each(length)
    across = np.abs(cosine * down - sine * right) / each(np.maximum(width, 0.7))
    distance = np.where((kind == "box")[:, None, None], np.maximum(along, across), 0)
    ellipse = (kind == "ellipse")[:, None, None]
    distance = np.where(ellipse, along**2 + across**2, distance)
    diamond = (kind == "diamond")[:, None, None]
    return np.asarray(np.where(diamond, along + across, distance) < 1)


def _paint(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Plain, noisy or checked colour: float32 ``shape``, 0..255."""
    count, rows, columns, _ = shape
    paint = np.broadcast_to(_colours(count, generator), shape).copy()
    texture = generator.random(count)
    noisy = texture < _NOISY
    paint[noisy] = generator.integers(0, 256, (noisy.sum(), *shape[1:]))
    checked = (texture >= _NOISY) & (texture < _NOISY + _CHECKED)
    side = generator.integers(1, 4, checked.sum())[:, None, None]
    y, x = np.mgrid[:rows, :columns]
    odd = ((x // side + y // side) % 2 == 1)[..., None]
    paint[checked] = np.where(odd, paint[checked], _colours(checked.sum(), generator))
    return paint


def _colours(count: int, generator: np.random.Generator) -> np.ndarray:
    """Colours to be broadcast over images: float32 ``(count, 1, 1, 3)``, 0..255."""
    pure = generator.integers(0, 3, (count, 3)) * 127.5
    mixed = generator.uniform(0, 255, (count, 3))
    colours = np.where(generator.random((count, 1)) < _PURE, pure, mixed)
    return colours.astype(np.float32)[:, None, None]
