"""Patterns match what Python's own ``glob`` matches, but never through a link below ``**``."""

from __future__ import annotations

import glob
import os
import sys
from pathlib import Path

import pytest

from artifacts.reading.folders import walk
from artifacts.reading.patterns import is_pattern, matches


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    for name in ("a.png", "b.jpg", "x/c.png", "x/y/d.png", "x/.h/e.png", ".f.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "pattern",
    ["*", "*.png", "**/*.png", "x/**/*.png", "x/**", "**", "?.*", "x/*/d.png", ".*",
     "x/./y/../*.png", "[ab].*", "**/y/*", "**/**/*.png", "*/**/**", "x//y/",
     "x/**/y/**/*.png", "none/*", "x//*.png", "x/y/d.pn[g]"],
)  # fmt: skip
@pytest.mark.parametrize("absolute", [False, True])
def test_as_glob_does(tree, pattern, absolute):
    whole = f"{tree}/{pattern}" if absolute else pattern
    expected = glob.glob(whole, recursive=True)  # noqa: PTH207
    found = list(matches(whole))
    assert set(filter(os.path.isfile, found)) == set(filter(os.path.isfile, expected))
    assert len(found) == len(set(found))


def test_links_to_folders_are_not_followed_below_any_depth(tree):
    """Two links to where they lie: the number of paths doubles with each folder."""
    (tree / "x" / "self").symlink_to(".")
    (tree / "x" / "up").symlink_to("..")
    found = sorted(matches("**/*.png"))
    assert found == ["a.png", "x/c.png", "x/y/d.png"]
    assert list(matches("x/self/c.pn?")) == ["x/self/c.png"]  # asked for by name


def test_a_pattern_is_no_name_of_a_file(tree):
    (tree / "[1].png").touch()
    assert is_pattern("*.png")
    assert not is_pattern("[1].png")
    assert not is_pattern("a.png")


def test_folders_deeper_than_python_recurses_are_walked(tree, monkeypatch):
    depth = 40
    deep = tree.joinpath(*["z"] * depth)
    deep.mkdir(parents=True)
    (deep / "last.png").touch()
    frames, frame = 0, sys._getframe()
    while frame is not None:
        frames, frame = frames + 1, frame.f_back
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(frames + depth // 2)
    try:
        found = [str(path) for path in walk(str(tree))]
    finally:
        sys.setrecursionlimit(before)
    assert str(deep / "last.png") in found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/" * 1500 + "*", []),
        ("./" * 1500 + "*.png", ["a.png"]),
        ("x" + "/" * 1500 + "*.png", ["x/c.png"]),
        ("*/" * 1500 + "*", []),
        ("**/" * 1500 + "*.png", ["a.png", "x/c.png", "x/y/d.png"]),
        ("**/*/" * 1500 + "*", []),
    ],
    ids=["missing", "here", "empty", "any", "any depth", "both"],
)
def test_patterns_of_more_parts_than_python_recurses(tree, pattern, expected):
    found = sorted(os.path.normpath(path) for path in matches(pattern))
    assert found == expected
