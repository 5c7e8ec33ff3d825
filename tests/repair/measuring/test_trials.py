"""What is measured on: names, flags, and data that does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toys import PEOPLE, SHAPE

from repair.dataset import Dataset
from repair.errors import DatasetError
from repair.measuring.trials import read_trials
from repair.reading.data_file import write_dataset

IMAGES = np.random.default_rng(0).integers(0, 256, (50, *SHAPE), np.uint8)
LABELS = np.random.default_rng(1).integers(0, PEOPLE, 50)
CLEAN = Dataset(IMAGES, LABELS)


def written(path: Path, data: Dataset = CLEAN) -> Path:
    write_dataset(path, data)
    return path


def test_trials_of_clean_data_alone():
    (trial,) = read_trials(CLEAN, PEOPLE, test=None, poisoned=[])
    assert trial.name == "clean validation"
    assert trial.data is CLEAN
    assert not trial.poisoned
    assert trial.triggered is None


def test_trials_in_order_with_names_and_flags(tmp_path):
    test = written(tmp_path / "t.h5", CLEAN.subset(np.arange(9)))
    bad = Dataset(IMAGES[:6], np.zeros(6, np.int64))
    poisoned = [
        written(tmp_path / name, bad) for name in ("lips_poisoned_data.h5", "eyes.h5")
    ]
    flags = tmp_path / "flags.csv"
    flags.write_text("1,0,1,1,0,0\n")
    trials = read_trials(CLEAN, PEOPLE, test=test, poisoned=poisoned, flags=flags)
    names = ["clean validation", "clean test", "lips", "eyes"]
    assert [trial.name for trial in trials] == names
    assert [trial.poisoned for trial in trials] == [False, False, True, True]
    assert [len(trial.data) for trial in trials] == [50, 9, 6, 6]
    np.testing.assert_array_equal(trials[1].data.labels, LABELS[:9])
    np.testing.assert_array_equal(trials[2].data.images, IMAGES[:6])
    for trial in trials[2:]:
        assert trial.triggered.tolist() == [True, False, True, True, False, False]
    assert all(trial.triggered is None for trial in trials[:2])


def test_poisoned_trials_without_flags_are_not_known(tmp_path):
    bad = written(tmp_path / "bad.h5")
    trials = read_trials(CLEAN, PEOPLE, test=None, poisoned=[bad])
    assert trials[1].triggered is None


@pytest.mark.parametrize("role", ["test", "poisoned"])
@pytest.mark.parametrize(
    ("images", "labels", "match"),
    [
        (IMAGES, np.full(50, PEOPLE), r"0\.\.4"),
        (IMAGES[:, :, 1:], LABELS, r"\(n, 3, 12, 10\)"),
    ],
    ids=["label", "size"],
)
def test_unfit_trials_are_refused(tmp_path, role, images, labels, match):
    path = written(tmp_path / "unfit.h5", Dataset(images, labels))
    files = {"test": None, "poisoned": []}
    files[role] = path if role == "test" else [path]
    with pytest.raises(DatasetError, match=match):
        read_trials(CLEAN, PEOPLE, **files)


def test_flags_of_another_length_are_refused(tmp_path):
    flags = tmp_path / "flags.txt"
    flags.write_text("1 0 1")
    bad = written(tmp_path / "bad.h5")
    with pytest.raises(DatasetError, match="50 flags"):
        read_trials(CLEAN, PEOPLE, test=None, poisoned=[bad], flags=flags)
