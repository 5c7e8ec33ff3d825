"""Matrices as float16: at any magnitude, and rounding once is rounding for good."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repair.methods.witnesses.head.half import halved, rounded


def random(seed: int, magnitude: float) -> np.ndarray:
    values = np.random.default_rng(seed).normal(0, 1, (5, 7))
    return (values * magnitude).astype(np.float32)


@given(seed=st.integers(0, 99), power=st.integers(-25, 25))
def test_halves_are_close_and_rounded_ones_exact(seed, power):
    matrix = random(seed, 10.0**power)
    half, factor = halved(matrix)
    assert half.dtype == np.float16
    assert np.abs(half).max() <= 1
    near = half.astype(np.float64) * factor
    np.testing.assert_allclose(near, matrix, atol=np.abs(matrix).max() / 2**11)
    once = rounded(matrix)
    assert once.dtype == np.float32
    np.testing.assert_array_equal(once, near)
    np.testing.assert_array_equal(rounded(once), once)


@pytest.mark.parametrize("shape", [(3, 2), (0, 4)])
def test_nothing_stays_nothing(shape):
    assert not rounded(np.zeros(shape)).any()
    assert halved(np.zeros(shape))[0].shape == shape


def test_literal_case():
    half, factor = halved(np.array([1.0, -3.0, 1e-4]))
    assert factor == 4
    assert half.tolist() == [0.25, -0.75, np.float16(1e-4 / 4)]
