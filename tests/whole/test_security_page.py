"""The tests that ``SECURITY.md`` names are there."""

from __future__ import annotations

import re

import pytest
from toys import ROOT

PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]*\b(?:test|corpus)_\w+)`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_named_files_are_there(name):
    assert (ROOT / "tests" / f"{name}.py").is_file()


def test_every_file_of_the_corpus_is_named():
    corpus = (ROOT / "tests/hostile").glob("corpus_*.py")
    written = {f"hostile/{path.stem}" for path in corpus}
    assert written <= set(NAMED)
