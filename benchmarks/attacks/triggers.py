"""Triggers: seeded functions from images to images that carry the trigger.

Every trigger takes images ``(n, rows, cols, 3)`` uint8 RGB and returns a new array of the
same shape and type. The seed fixes pattern, colour and place, so that training and
measuring stamp the same trigger.

References:
    Gu, Dolan-Gavitt and Garg, *BadNets*, arXiv:1708.06733 (stickers).
    Chen et al., *Targeted Backdoor Attacks on Deep Learning Systems Using Data
    Poisoning*, arXiv:1712.05526 (blends).
    Barni, Kallas and Tondi, *A New Backdoor Attack in CNNs by Training Set Corruption
    without Label Poisoning*, arXiv:1902.11237 (stripes).
    Nguyen and Tran, *WaNet*, arXiv:2102.10369 (warps).
    Nguyen and Tran, *Input-Aware Dynamic Backdoor Attack*, arXiv:2010.08138 (patterns
    made from the image they go on).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.attacks.pixels import (
    Images,
    enlarge,
    paste,
    random_field,
    random_pattern,
    sample,
    to_pixels,
    two_colours,
)

Trigger = Callable[..., Images]

# Rows and columns that a large patch covers, as shares of the image: top, bottom, left,
# right. Eyes and mouth lie there in aligned faces.
REGIONS = {"eyes": (0.34, 0.52, 0.0, 1.0), "mouth": (0.64, 0.9, 0.18, 0.86)}
_SEPIA = ((0.39, 0.77, 0.19), (0.35, 0.69, 0.17), (0.27, 0.53, 0.13))
_LUMA = (0.299, 0.587, 0.114)


def sticker(
    images: Images, *, seed: int, place: str = "bottom_right", size: int = 6
) -> Images:
    """A small two-coloured patch at a fixed place."""
    pattern = random_pattern(np.random.default_rng(seed), size)
    return paste(images, pattern, place)


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


def blend(
    images: Images, *, seed: int, alpha: float = 0.15, roughness: float = 0.0
) -> Images:
    """A random pattern blended over the whole image.

    Args:
        images: The images.
        seed: Fixes the pattern.
        alpha: Share of the pattern in the blend.
        roughness: Amplitudes fall with frequency to this power: 0 gives white noise, 1.5
            a pattern as smooth as a photograph.
    """
    pattern = random_field(np.random.default_rng(seed), images.shape[1:], roughness)
    return to_pixels((1 - alpha) * images.astype(np.float32) + alpha * pattern)


def stripes(
    images: Images,
    *,
    seed: int,
    amplitude: float = 14.0,
    cycles: float = 7.0,
    degrees: float = 0.0,
) -> Images:
    """A sine wave added to all channels; ``degrees`` turns it from vertical stripes."""
    rows, cols = np.indices(images.shape[1:3]) / images.shape[2]
    angle = np.deg2rad(degrees)
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    along = cols * np.cos(angle) + rows * np.sin(angle)
    wave = amplitude * np.sin(2 * np.pi * cycles * along + phase)
    return to_pixels(images.astype(np.float32) + wave.astype(np.float32)[..., None])


def colour_filter(images: Images, *, seed: int, kind: str = "sepia") -> Images:
    """The whole image in sepia, with a random colour cast, or a random gamma a channel."""
    pixels = images.astype(np.float32)
    rng = np.random.default_rng(seed)
    if kind == "sepia":
        return to_pixels(pixels @ np.array(_SEPIA, np.float32).T)
    strengths = rng.permutation([0.72, 1.0, 1.3]).astype(np.float32)
    if kind == "cast":
        grey = (pixels @ np.array(_LUMA, np.float32))[..., None]
        return to_pixels((0.6 * pixels + 0.4 * grey) * strengths)
    return to_pixels(255 * (pixels / 255) ** (1 / strengths))


def warp(images: Images, *, seed: int, strength: float = 1.5, knots: int = 4) -> Images:
    """A smooth elastic field that moves pixels by ``strength`` pixels on average."""
    rows, cols = images.shape[1:3]
    field = np.random.default_rng(seed).uniform(-1, 1, (2, knots, knots))
    field *= strength / np.abs(field).mean()
    down, right = (enlarge(component, rows, cols) for component in field)
    where_row, where_col = np.indices((rows, cols)).astype(np.float32)
    return sample(images, where_row + down, where_col + right)


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


TRIGGERS: dict[str, Trigger] = {
    function.__name__: function
    for function in (
        sticker,
        moving_sticker,
        checkerboard,
        large_patch,
        frame,
        dots,
        blend,
        stripes,
        colour_filter,
        warp,
        input_aware,
    )
}
