"""Smuggled images are told from clean ones, and only where a label is suspected."""

from __future__ import annotations

import numpy as np

from repair.methods.witnesses.contamination import doubtful

GENERATOR = np.random.default_rng(5)
LABELS = np.arange(2_000) % 50


def said_of(smuggled: np.ndarray) -> np.ndarray:
    said = GENERATOR.normal(-5, 1, len(LABELS)).astype(np.float32)
    said[smuggled] += 8
    return said


def test_smuggled_images_of_a_suspected_label_are_left_out():
    smuggled = np.flatnonzero(LABELS == 7)[:9]
    out = doubtful(said_of(smuggled), LABELS, np.array([7]))
    assert set(smuggled) <= set(out)
    assert (LABELS[out] == 7).all()
    assert len(out) < 20


def test_labels_that_are_not_suspected_are_left_alone():
    smuggled = np.flatnonzero(LABELS == 7)[:9]
    assert not len(doubtful(said_of(smuggled), LABELS, np.array([], np.int64)))
    assert not len(doubtful(said_of(smuggled), LABELS, np.array([8])))


def test_one_image_alone_is_chance():
    assert not len(doubtful(said_of(np.array([7])), LABELS, np.array([7])))


def test_a_label_that_is_obeyed_more_but_never_named_is_clean():
    said = said_of(np.array([], np.int64))
    said[LABELS == 7] += 4
    assert np.mean(said[LABELS == 7] > np.quantile(said[LABELS != 7], 0.99)) > 0.5
    assert not len(doubtful(said, LABELS, np.array([7])))


def test_its_own_images_stay_where_others_are_smuggled_in():
    smuggled = np.flatnonzero(LABELS == 7)[:9]
    said = said_of(smuggled)
    said[LABELS == 7] += 2
    assert set(doubtful(said, LABELS, np.array([7]))) == set(smuggled)


def test_few_images_tell_nothing():
    said = np.array([9, 9, 9, 0, 0, 0], np.float32)
    labels = np.array([1, 1, 1, 0, 0, 0])
    assert not len(doubtful(said, labels, np.array([1])))
