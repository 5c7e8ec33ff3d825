"""Near ties between two forms of one detector."""

import numpy as np
import pytest

from build.saving.near_ties import Difference, difference

GREY = np.full((300, 4, 5, 1), 100, np.uint8)
GREY[150:] = 200


def brighter(level):
    """A detector that says 1 of images brighter than a level."""
    return lambda images: (images.mean(axis=(1, 2, 3)) > level).astype(np.int64)


@pytest.mark.parametrize(("level", "ties"), [(99.9, 2), (100.1, 2), (103, 0), (97, 0)])
def test_only_what_a_grey_level_decides_is_a_near_tie(level, ties):
    label_of = brighter(level)
    expected = label_of(GREY)
    found = expected.copy()
    found[:2] = 1 - found[:2]
    answer = difference(found, expected, GREY, label_of)
    assert answer == Difference(ties, 2 - ties)


def test_equal_labels_ask_nothing():
    labels = brighter(150)(GREY)
    assert difference(labels, labels, GREY, pytest.fail) == Difference()


def test_a_label_that_is_neither_of_the_two_is_another():
    label_of = brighter(100.1)
    expected = label_of(GREY)
    found = np.where(np.arange(300) == 0, 7, expected)
    assert difference(found, expected, GREY, label_of) == Difference(0, 1)


def test_many_are_no_near_ties():
    label_of = brighter(100.1)
    expected = label_of(GREY)
    found = np.where(np.arange(300) < 4, 1, expected)
    assert difference(found, expected, GREY, label_of) == Difference(0, 4)


def test_of_few_images_one_may_lie_between_two_answers():
    label_of = brighter(100.1)
    few = GREY[:5]
    found = np.eye(5, dtype=np.int64)[0]
    assert difference(found, label_of(few), few, label_of) == Difference(1, 0)
