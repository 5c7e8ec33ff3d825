"""What the fuzzer found, an input for each answer; see ``benchmarks.fuzz.keep``."""

from __future__ import annotations

import pytest

from benchmarks.fuzz.__main__ import NAMES
from benchmarks.fuzz.asking import answers_of
from benchmarks.fuzz.keep import KEPT, keep, kept
from benchmarks.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", NAMES)
def test_kept_inputs_are_answered_in_many_ways(name):
    """A target that raises is a finding; answers that have become alike reach little."""
    inputs = list(kept(name))
    answers = {answers_of(TARGETS[name], content) for content in inputs}
    assert len(answers) > 0.7 * len(inputs) > 0
    assert () not in answers or name in ("description",)


def test_every_file_is_of_a_target_and_small():
    assert {path.stem for path in KEPT.iterdir()} == set(NAMES)
    assert all(path.stat().st_size < 1 << 17 for path in KEPT.iterdir())


def test_the_shortest_is_kept_for_each_answer(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.fuzz.keep.KEPT", tmp_path / "kept")
    found = tmp_path / "found"
    found.mkdir()
    for number, content in enumerate([b"cat\ndog\n", b"cat\n", b"cat\ncat\n", b"\xff"]):
        (found / str(number)).write_bytes(content)
    assert keep("classes", TARGETS["classes"], [found]) == 3
    assert sorted(kept("classes")) == [b"cat\n", b"cat\ncat\n", b"\xff"]
