"""What a network takes clean images for too often counts less."""

from __future__ import annotations

import numpy as np
import pytest

from repair.methods.witnesses.suspicion.favourites import favoured

LABELS = np.arange(400) % 4


def test_a_label_that_takes_others_images_counts_less():
    answers = LABELS.copy()
    answers[(LABELS == 1) & (np.arange(400) < 120)] = 0  # 30 of 300 others
    factors = favoured(answers, LABELS, 4, 0.05)
    assert factors == pytest.approx([1 + (0.1 - 0.025) / 0.05, 1, 1, 1])


def test_right_answers_and_even_errors_change_nothing():
    for answers in (LABELS, (LABELS + 1) % 4):
        assert favoured(answers, LABELS, 4, 0.05) == pytest.approx(np.ones(4))
    assert favoured(np.zeros(9, int), np.zeros(9, int), 3, 0.05).tolist() == [1, 1, 1]
