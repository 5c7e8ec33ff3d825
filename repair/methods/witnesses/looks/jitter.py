"""Small camera jitter: what makes one image into several frames of a video."""

from __future__ import annotations

import keras
import numpy as np

_DEGREES = 3.0
_ZOOM = 0.03
_PIXELS = 1.2
_LIGHT = 0.08


def jitter(
    images: np.ndarray,
    generator: np.random.Generator,
    weakest: float = 1.0,
) -> np.ndarray:
    """Turns, zooms, shifts and lights each image a little, each another way.

    Args:
        images: ``(n, rows, columns, 3)`` uint8 or float32, 0..255.
        generator: Source of all randomness.
        weakest: The spread of every change is multiplied, for each image anew, by a
            factor drawn between this and 1; 1 is about 3 degrees, 3 %, 1.2 pixels and
            8 % of light.

    Returns:
        ``(n, rows, columns, 3)`` float32, 0..255; borders repeat the edge.
    """
    count, rows, columns = images.shape[:3]
    strength = generator.uniform(weakest, 1, (count, 1))

    def spread(scale: float, size: int = 1) -> np.ndarray:
        return np.asarray(generator.normal(0, scale, (count, size)) * strength)

    angle, zoom = np.deg2rad(spread(_DEGREES)[:, 0]), 1 + spread(_ZOOM)[:, 0]
    cosine, sine = np.cos(angle) * zoom, np.sin(angle) * zoom
    x, y = (columns - 1) / 2, (rows - 1) / 2
    shift, none = spread(_PIXELS, 2), np.zeros(count)
    transforms = [cosine, -sine, x - cosine * x + sine * y + shift[:, 0]]
    transforms += [sine, cosine, y - sine * x - cosine * y + shift[:, 1], none, none]
    moved = keras.ops.image.affine_transform(
        images.astype(np.float32),
        np.stack(transforms, axis=1).astype(np.float32),
        interpolation="bilinear",
        fill_mode="nearest",
        data_format="channels_last",
    )
    light = np.stack([1 + spread(_LIGHT), 255 * spread(_LIGHT / 2)])
    gain, offset = light.astype(np.float32)[..., None, None]
    lit = np.asarray(moved) * gain + offset
    return np.clip(lit, 0, 255, out=lit)
