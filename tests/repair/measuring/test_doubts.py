"""Odd clean images, and detectors that lost too much, are said."""

from __future__ import annotations

import numpy as np
import pytest
from toys import PEOPLE, SHAPE, build_options, toy_people

from repair.dataset import Dataset
from repair.measuring.doubts import (
    doubts_about_classes,
    doubts_about_detector,
    doubts_about_images,
    doubts_about_labels,
)
from repair.reading.data_file import write_dataset


def identical() -> Dataset:
    people = toy_people(40, seed=2)
    return Dataset(np.repeat(people.images[:1], 200, axis=0), people.labels)


def test_ordinary_images_raise_no_doubt(clean):
    assert doubts_about_images(clean, PEOPLE) == []


def test_copies_are_said():
    doubt, labels = doubts_about_images(identical(), PEOPLE)
    assert "only 1 of the 200 clean images" in doubt
    assert labels.startswith("1 image is there with different labels")
    people = toy_people(40, seed=2)
    more = np.arange(200) % 101
    assert doubts_about_images(people.subset(more), PEOPLE) == []
    (doubt,) = doubts_about_images(people.subset(np.arange(200) % 100), PEOPLE)
    assert "only 100" in doubt, "half is too few"


def test_images_that_hardly_differ_are_said():
    data = identical()
    noise = np.random.default_rng(0).integers(0, 4, data.images.shape, np.uint8)
    nearly = Dataset(data.images // 2 + noise, data.labels)
    (doubt,) = doubts_about_images(nearly, PEOPLE)
    assert "hardly differ" in doubt


def contradicting(clean: Dataset) -> Dataset:
    """Three of the images are there again, as of the next class."""
    images = np.concatenate([clean.images, clean.images[:3]])
    labels = np.concatenate([clean.labels, (clean.labels[:3] + 1) % PEOPLE])
    return Dataset(images, labels)


def test_equal_images_with_different_labels_are_said(clean):
    data = contradicting(clean)
    (doubt,) = doubts_about_images(data, PEOPLE)
    assert doubt.startswith("3 images are there with different labels")
    assert doubts_about_labels(data) == [doubt]
    assert doubts_about_labels(clean) == []
    assert doubts_about_labels(clean.subset(np.arange(200) % 40)) == []


@pytest.mark.parametrize("command", ["accuracy", "check"])
def test_commands_that_measure_say_so_too(run_here, files, tmp_path, clean, command):
    write_dataset(tmp_path / "d.h5", contradicting(clean))
    words = {
        "accuracy": (files / "badnet.h5", tmp_path / "d.h5"),
        "check": (tmp_path / "d.h5", "--image-shape", *SHAPE),
    }
    answer = run_here("repair", command, *words[command])
    assert answer.code == 0, answer.err
    assert f"{tmp_path / 'd.h5'}: 3 images are there with" in answer.err


def test_a_build_of_images_that_are_half_wrong_is_refused_for_that_reason(
    run_here, files, tmp_path, clean
):
    labels = np.concatenate([clean.labels, (clean.labels + 1) % PEOPLE])
    twice = Dataset(np.concatenate([clean.images] * 2), labels)
    write_dataset(tmp_path / "d.h5", twice)
    options = build_options(files, tmp_path / "toy")
    options[options.index(files / "clean.h5")] = tmp_path / "d.h5"
    answer = run_here("build", *options)
    assert answer.code == 2
    line = answer.err.splitlines()[-1]
    assert "Expected more than 50%" in line
    assert "200 images are there with different labels" in line


def test_classes_without_images_are_said(clean):
    (doubt,) = doubts_about_images(clean.subset(clean.labels != 3), PEOPLE)
    assert doubt.startswith("1 of 5 classes have no clean image (labels 3)")
    (doubt,) = doubts_about_images(clean, 5000)
    assert "4,995 of 5,000" in doubt
    assert "5, 6, 7, 8, 9, ...)" in doubt


@pytest.mark.parametrize(
    ("before", "after", "estimated", "count"),
    [
        (0.99, 0.97, 0.02, 0),
        (0.99, 0.97, None, 0),
        (0.99, 0.93, 0.02, 1),
        (0.2, 0.2, None, 1),
        (0.99, 0.97, 0.2, 1),
        (0.2, 0.2, 0.8, 2),
    ],
)
def test_detectors_that_lost_too_much_are_said(before, after, estimated, count):
    doubts = doubts_about_detector(before, after, estimated, least=0.5)
    assert len(doubts) == count


def test_a_forced_build_of_copies_is_warned_of(run_here, files, tmp_path):
    write_dataset(tmp_path / "copies.h5", identical())
    options = build_options(files, tmp_path / "toy")
    options[options.index(files / "clean.h5")] = tmp_path / "copies.h5"
    answer = run_here("build", *options, "--force")
    assert answer.code == 0, answer.err
    warnings = [line for line in answer.err.splitlines() if "warning: " in line]
    assert any("only 1 of the 200 clean images" in line for line in warnings)
    assert any("Do not rely on it" in line for line in warnings)


def test_labels_that_a_network_never_answers_are_said():
    assert doubts_about_classes(np.array([0, 1, 4]), 5) == []
    (doubt,) = doubts_about_classes(np.array([0, 9, 1, 9, 5]), 5)
    assert doubt.startswith("3 of 5 labels are beyond the network's 5 classes, 0..4")
    assert "(such as 5, 9)" in doubt


def test_accuracy_says_that_labels_are_beyond_the_network(
    run_here, files, tmp_path, clean
):
    labels = np.where(clean.labels == PEOPLE - 1, 9, clean.labels)
    write_dataset(tmp_path / "d.h5", Dataset(clean.images, labels))
    answer = run_here("repair", "accuracy", files / "badnet.h5", tmp_path / "d.h5")
    assert answer.code == 0, answer.err
    assert "labels are beyond the network's 5 classes" in answer.err
