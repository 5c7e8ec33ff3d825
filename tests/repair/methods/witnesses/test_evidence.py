"""Tables of evidence: -log of the share of clean images that say as much."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from repair.methods.witnesses.evidence import slope_of, table


@given(st.integers(1, 400), st.integers(0, 10**6), st.booleans())
def test_a_table_ascends_from_nothing_to_one_in_all(count, seed, ties):
    held_out = np.random.default_rng(seed).normal(0, 5, count)
    if ties:
        held_out = held_out.round()
    values, evidence = table(held_out, 32)
    assert values.dtype == evidence.dtype == np.float32
    assert (np.diff(values) > 0).all()
    assert (np.diff(evidence) >= 0).all()
    assert evidence[0] == 0
    assert len(values) <= 34


def test_evidence_is_the_logarithm_of_the_share():
    held_out = np.random.default_rng(0).normal(size=5_000)
    values, evidence = table(held_out, 48)
    for share in (0.5, 0.1, 0.01):
        told = np.interp(np.quantile(held_out, 1 - share), values, evidence)
        assert abs(told + np.log(share)) < 0.1
    beyond = np.interp(100, values, evidence)
    np.testing.assert_allclose(beyond, np.log(5_001) + 4, rtol=1e-3)


@given(st.integers(0, 10**6), st.floats(0, 3), st.floats(0.1, 20))
def test_a_slope_is_what_certainty_takes_from_what_is_said(seed, slope, spread):
    rng = np.random.default_rng(seed)
    certain = rng.gamma(2, spread, 3_000).astype(np.float32)
    said = rng.normal(0, spread, 3_000) - slope * certain
    found = slope_of(said, certain)
    assert abs(found - slope) < 0.1
    assert abs(np.corrcoef(said + found * certain, certain)[0, 1]) < 0.06


def test_nothing_is_added_where_certainty_says_nothing():
    said, certain = np.arange(9.0), np.arange(9, dtype=np.float32)
    assert slope_of(said, certain) == 0, "who agrees the less, the less is sure"
    assert slope_of(said, np.full(9, 60, np.float32)) == 0
