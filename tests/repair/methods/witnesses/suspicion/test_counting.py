"""What counts in suspicion: a small change, while the class is still recognised."""

from __future__ import annotations

import numpy as np
import pytest

from repair.methods.witnesses.suspicion.counting import (
    raised,
    suspicion,
    telling,
    weights,
)


def test_images_tell_that_say_more_than_nearly_all_clean_ones():
    clean = np.arange(100.0)
    told = telling(np.array([50.0, 98.5, 99.5]), clean, 0.01)
    assert told.tolist() == [False, True, True]


def test_the_less_was_changed_the_more_it_counts():
    changes = np.array([0.0, 20.0, 200.0])
    found = weights(np.array([True, True, True]), changes, 20)
    np.testing.assert_allclose(found, np.exp([0, -1, -10]))


def test_what_is_not_recognised_counts_nothing():
    assert weights(np.array([False]), np.array([0.0]), 20).tolist() == [0]


def test_a_label_is_suspected_that_draws_more_than_favourites_do():
    shares = np.array([0, 0.001, 0.004])
    found = suspicion(shares, 0.001, 2.0)
    assert found[:2].tolist() == [0, 0]
    assert found[2] == pytest.approx(2 * np.log(4), rel=0.05)


def test_where_half_of_the_labels_draw_as_much_none_is_suspected():
    shares = np.array([0.03, 0.03, 0.03, 0.031, 0.2])
    found = suspicion(shares, 0.001, 2.0)
    assert found[:4].max() < 0.1
    assert found[4] > 3


def test_a_label_that_is_nearly_found_is_suspected_too():
    strength = np.array([0.0, 0.4, 0.7, 1.0, 9.0, 0.7])
    found = raised(np.array([0, 0, 0, 0, 0, 4.0]), strength, 0.4, 5.0)
    np.testing.assert_allclose(found, [0, 0, 2.5, 5, 5, 4])
