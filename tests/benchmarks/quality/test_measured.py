"""One method on one network of a zoo: what is read, what is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toys import PEOPLE, toy_people

from benchmarks.attacks.backdoor import Backdoor
from benchmarks.attacks.index import Entry, add_to_index
from benchmarks.attacks.labelled import Labelled, read_labelled
from benchmarks.quality import ablation, measured
from benchmarks.quality.detectors import Fitted
from benchmarks.quality.measured import Conditions, measure
from benchmarks.quality.poisoned_validation import poisoned
from benchmarks.quality.subjects import with_at_most, zoo_subjects
from repair.methods.witnesses.recipe import recipe_for


@pytest.fixture
def zoo(files: Path, tmp_path: Path) -> Path:
    """An index of one network, whose files lie elsewhere."""
    entry = Entry(
        *("corner", "cifar10", "held_out", "plain"),
        *(str(files / name) for name in ("badnet.h5", "clean.h5", "test.h5")),
        poisoned={"corner": str(files / "corner_poisoned_data.h5")},
    )
    add_to_index(tmp_path, entry)
    return tmp_path


def test_zoo_subject_has_its_trials(zoo: Path):
    assert not list(zoo_subjects(zoo, "faces", ["held_out"]))
    assert not list(zoo_subjects(zoo, "cifar10", ["design"]))
    (subject,) = zoo_subjects(zoo, "cifar10", ["held_out"], ["corner"])
    assert [trial.name for trial in subject.trials] == ["clean test", "corner"]
    assert [trial.poisoned for trial in subject.trials] == [False, True]
    few = with_at_most(subject, 7)
    assert [len(trial.data) for trial in few.trials] == [7, 7]


def test_rows_say_who_was_measured_and_how(zoo: Path, monkeypatch):
    (subject,) = zoo_subjects(zoo, "cifar10", ["held_out"])
    seen = {}

    def suspicious(_, run):
        seen["clean"] = len(read_labelled(run.clean))
        label = {"label": 2, "status": "found", "strength": 2.5}
        settings = {
            "strict_labels": [label],
            "highest_strength": 2.5,
            "strongest_label": 2,
            "clean_images": 200,
        }
        return Fitted(lambda images: np.full(len(images), PEOPLE), settings)

    monkeypatch.setitem(measured.DETECTORS, "suspicious", suspicious)
    conditions = Conditions("cifar10", images=20)
    clean, poisoned_row = measure(subject, "suspicious", 3, conditions)
    assert seen["clean"] == 20
    who = conditions.of(subject, "suspicious", 3)
    for row in (clean, poisoned_row):
        assert (row["verdict"], row["found labels"]) == ("backdoor found", [2])
        assert {key: row[key] for key in who} == who
    assert clean["FPR"] == 1.0
    assert clean["clean accuracy"] == 0.0
    assert clean["BadNet clean accuracy"] > 0.9
    assert poisoned_row["ASR"] == 0.0
    assert poisoned_row["detection (fooled)"] == 1.0
    assert poisoned_row["BadNet ASR"] > 0.9


def test_ablation_measures_a_variant_of_the_default_method(zoo: Path):
    (subject,) = zoo_subjects(zoo, "cifar10", ["held_out"])
    conditions = Conditions("cifar10")
    who = conditions.of(subject, "the head alone", 0)
    clean, poisoned_row = ablation.measure(subject, {"used": ()}, who)
    assert {key: clean[key] for key in who} == who
    assert clean["clean accuracy"] > 0.8
    assert clean["FPR"] < 0.2
    assert poisoned_row["ASR"] <= poisoned_row["BadNet ASR"]
    for changes in ablation.VARIANTS.values():
        replace(recipe_for(10, 100), **changes)


@pytest.mark.parametrize("right_labels", [True, False])
def test_poisoned_validation_stamps_a_share_of_other_labels(right_labels):
    people = toy_people(4, seed=0)
    backdoor = Backdoor("white_square", target=1, seed=0)
    clean = Labelled(people.images, people.labels)
    before = clean.images.copy()
    data = poisoned(clean, backdoor, share=0.2, right_labels=right_labels, seed=0)
    changed = (data.images != before).any(axis=(1, 2, 3))
    assert changed.sum() == 4
    assert not (people.labels[changed] == 1).any()
    stamped = backdoor.stamp(people.images[changed])
    np.testing.assert_array_equal(data.images[changed], stamped)
    expected = np.where(changed & (not right_labels), 1, people.labels)
    np.testing.assert_array_equal(data.labels, expected)
    np.testing.assert_array_equal(clean.images, before)
