"""What is usual of a label for a witness, and taken off what it says."""

from __future__ import annotations

import numpy as np
import pytest

from repair.methods.witnesses.evidence import usual_of_labels


def test_a_label_that_twins_forget_less_has_more_that_is_usual():
    said = np.array([-5.0] * 200 + [-1.0] * 60, np.float32)
    labels = np.array([0, 1] * 100 + [2] * 60)
    usual = usual_of_labels(said, labels, 4, 60)
    assert usual[:2].tolist() == [0, 0]
    assert usual[2] == pytest.approx(4 / 2)  # as many images as the shrinkage
    assert usual[3] == 0  # no image


def test_a_few_loud_images_change_nothing():
    said = np.full(100, -5, np.float32)
    said[:5] = 9
    usual = usual_of_labels(said, np.arange(100) // 20, 5, 42)
    assert usual.tolist() == [0] * 5
