"""Clean images of one person only: there is nothing to tell people apart by."""

import numpy as np
import pytest
from toys import toy_people

from repair.reading.data_file import write_dataset


@pytest.fixture
def one_person(tmp_path):
    people = toy_people(40, seed=2)
    write_dataset(
        tmp_path / "one.h5", people.subset(np.flatnonzero(people.labels == 3))
    )
    return tmp_path / "one.h5"


@pytest.mark.parametrize("labelled", [True, False])
def test_one_person_is_refused_in_one_line(
    run_here, files, tmp_path, one_person, labelled
):
    out = tmp_path / "artifact"
    options = [] if labelled else ["--unlabelled"]
    answer = run_here(
        *("build", "--model", files / "badnet.h5", "--clean", one_person),
        *("--out", out, *options),
    )
    assert (answer.code, answer.out) == (2, "")
    line = answer.err.splitlines()[-1]
    assert line.startswith("error: ")
    assert "one class" in line
    assert not out.exists()
