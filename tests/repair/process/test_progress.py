"""The progress bar passes everything on and says one line in the end."""

from __future__ import annotations

import io
import re
import sys
import time

import pytest

from repair.process.progress import progress
from repair.process.stages import in_stages


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("items", [[], ["a"], list(range(50))])
def test_items_pass_unchanged_and_one_line_follows(items, capsys):
    assert list(progress(items, label="work")) == items
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(rf"work: {len(items)} in \d+\.\d s\n", said.err)


def test_iterators_need_a_total_and_are_not_read_ahead(capsys):
    taken = []
    bar = progress((taken.append(i) or i for i in range(9)), label="work", total=9)
    assert next(bar) == 0
    assert taken == [0]
    with pytest.raises(TypeError):
        next(progress(iter([1]), label="work"))


def test_bar_on_a_terminal_fills_and_ends_the_line(monkeypatch):
    screen, clock = Terminal(), iter(range(100))
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    list(progress(range(4), label="work"))
    drawn = screen.getvalue()
    assert drawn.endswith("\n")
    assert drawn.count("\n") == 1
    parts = drawn.split("\r")
    assert [part.count("#") for part in parts if "[" in part] == [3, 6, 9, 12]
    assert "2/4, 2 s left" in drawn
    assert all(len(part.rstrip("\n")) == 78 for part in parts if part)


def test_a_swallowed_interruption_ends_the_work_at_the_next_item(swallowed):
    done = []
    with pytest.raises(KeyboardInterrupt):
        done.extend(progress(range(9), label="work"))
    assert done == [0]


def test_bar_says_the_time_left_of_all_stages(monkeypatch):
    screen, clock = Terminal(), iter(range(0, 10_000, 30))
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    with in_stages((("work", 1.0), ("more", 1.0))):
        list(progress(range(2), label="work"))
    drawn = screen.getvalue()
    assert "1/2, 30 s left (4 min in all)" in drawn
    assert all(len(part.rstrip("\n")) == 78 for part in drawn.split("\r") if part)
