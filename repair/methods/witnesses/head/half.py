"""Matrices stored as float16: half the bytes of an artifact, at any magnitude."""

from __future__ import annotations

import numpy as np


def halved(matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """A matrix as float16, and the power of two to multiply it by.

    Args:
        matrix: Of any shape, finite.

    Returns:
        The matrix divided by the factor, float16 in [-1, 1], and the factor.
    """
    exponent = int(np.frexp(np.abs(matrix).max(initial=0))[1])
    return np.ldexp(matrix, -exponent).astype(np.float16), float(
        np.ldexp(1.0, exponent)
    )


def rounded(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrix, float32, that ``halved`` stores without loss."""
    half, factor = halved(matrix)
    return np.asarray(half.astype(np.float32) * np.float32(factor))
