"""The tests that ``SECURITY.md`` names are there."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`((?:test|corpus)_\w+)(?:\.py)?`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_named_files_are_there(name):
    assert list((ROOT / "tests").rglob(f"{name}.py"))


def test_every_file_of_the_corpus_is_named():
    written = {path.stem for path in (ROOT / "tests/hostile").glob("corpus_*.py")}
    assert written <= set(NAMED)
