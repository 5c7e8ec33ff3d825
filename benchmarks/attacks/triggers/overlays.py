"""Triggers that lie over the whole image.

References:
    Chen et al., *Targeted Backdoor Attacks on Deep Learning Systems Using Data
    Poisoning*, arXiv:1712.05526 (blends).
    Barni, Kallas and Tondi, *A New Backdoor Attack in CNNs by Training Set Corruption
    without Label Poisoning*, arXiv:1902.11237 (sinusoids).
    Zeng et al., *Rethinking the Backdoor Attacks' Triggers: A Frequency Perspective*,
    arXiv:2104.03413 (smooth patterns that leave no high frequencies).
"""

from __future__ import annotations

import numpy as np

from benchmarks.attacks.labelled import Images
from benchmarks.attacks.triggers.pixels import random_field, to_pixels

_SEPIA = ((0.39, 0.77, 0.19), (0.35, 0.69, 0.17), (0.27, 0.53, 0.13))
_LUMA = (0.299, 0.587, 0.114)


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


def low_frequency(
    images: Images, *, seed: int, amplitude: float = 18.0, waves: int = 3
) -> Images:
    """A coloured pattern of the lowest cosine waves alone, added to the image.

    Args:
        images: The images.
        seed: Fixes the pattern.
        amplitude: Root of its mean square, in grey levels.
        waves: Half waves along each side, at most.
    """
    rows, cols = images.shape[1:3]
    weights = np.random.default_rng(seed).standard_normal((waves + 1, waves + 1, 3))
    weights[0, 0] = 0
    down, across = _cosines(rows, waves), _cosines(cols, waves)
    pattern = np.einsum("ri,cj,ijk->rck", down, across, weights)
    pattern *= amplitude / np.sqrt(np.square(pattern).mean())
    return to_pixels(images.astype(np.float32) + pattern.astype(np.float32))


def _cosines(length: int, waves: int) -> np.ndarray:
    """The lowest cosine waves, ``(length, waves + 1)``."""
    places = (np.arange(length) + 0.5) / length
    return np.cos(np.pi * places[:, None] * np.arange(waves + 1))


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
