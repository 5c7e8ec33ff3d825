"""Who may import whom, what no file may say: held against the source by ``ast``."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from toys import ROOT, run_python

SCRIPTS = sorted(ROOT.glob("eval_*.py"))
# Rooms of each package from the ground up: a module imports from its own room and from the
# floors below. Rooms on one floor stand beside each other and do not know of each other.
FLOORS = {
    "artifacts": (
        ("errors", "called", "told", "at_once", "addresses"),
        ("packages", "quiet"),
        ("signed", "streams", "listed"),
        ("card",),
        ("in_memory",),
        ("reading", "runtime", "progress", "names"),
        ("labelling", "results", "output_file", "why"),
        ("many",),
        ("detector", "ray"),
        ("__main__",),
    ),
    "repair": (
        (
            *("errors", "settings", "metrics", "witness", "rule", "dataset"),
            *("reasons", "verdict"),
        ),
        ("process", "network"),
        ("methods", "reading"),
        ("measuring", "report"),
        ("commands",),
        ("__main__",),
    ),
    "build": (
        ("catalogue",),
        ("arguments", "request", "saving", "fusing"),
        ("described",),
        ("pipeline", "formats", "several"),
        ("fresh_process", "demo"),
        ("__main__",),
    ),
}
GROUND = {("repair", room) for room in FLOORS["repair"][0]}
# What a package may import of another one.
ELSEWHERE = {
    "artifacts": set(),
    "repair": {
        f"artifacts.{x}"
        for x in (
            *("errors", "quiet", "called", "packages", "streams", "signed"),
            "at_once",
            *("card", "listed", "in_memory", "names", "reading", "why"),
        )
    },
    "build": {
        "repair",
        *(f"artifacts.{x}" for x in ("errors", "quiet", "called", "streams")),
        "artifacts.at_once",
        *(f"artifacts.{x}" for x in ("card", "listed", "packages", "signed")),
    },
}
# No method knows another one; each gives back a ``Repair``, and ``choose`` lists them.
METHODS = {"witnesses", "fine_pruning"}
HEAVY = {"tensorflow", "keras", "numpy", "h5py", "PIL", "ray", "pyarrow"}
ENTRIES = (
    "build.__main__",
    "repair.__main__",
    "artifacts.detector",
    "artifacts.ray.__main__",
)
MOST_LINES, MOST_MODULES = 200, 20
PROMISED = {"artifacts", "tensorflow", "numpy", "PIL", "h5py"}
# What one place in artifacts/ may import beside: the packages of its extra.
EXTRAS = {"ray": {"ray", "pyarrow"}, "signed.py": {"model_signing"}}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


MODULES = {
    name_of(path): path
    for package in (*FLOORS, "benchmarks")
    for path in sources(package)
}


def imported(path: Path) -> Iterator[str]:
    """Everything that is imported anywhere in a file, modules by their full names."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else str(node.module)


def ours(path: Path) -> set[str]:
    return {name for name in imported(path) if name.split(".")[0] in (*FLOORS, "tests")}


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def room_and_floor(name: str) -> tuple[str, int]:
    package, room = name.split(".")[:2]
    for floor, rooms in enumerate(FLOORS[package]):
        if room in rooms:
            return room, floor
    raise AssertionError(f"{name}: place its room in FLOORS")


@pytest.mark.parametrize("name", [x for x in MODULES if x.split(".")[0] in FLOORS])
def test_imports_lead_downwards_alone(name):
    package = name.split(".")[0]
    for other in ours(MODULES[name]):
        if other.split(".")[0] != package:
            allowed = ELSEWHERE[package]
            assert any(f"{other}.".startswith(f"{x}.") for x in allowed), other
        elif "." in name and "." in other:
            (room, floor), (lower, below) = map(room_and_floor, (name, other))
            beside = {(package, room), (package, lower)} <= GROUND
            assert room == lower or below < floor or beside, other


def test_no_circle():
    graph = {name: ours(path) - {name} for name, path in MODULES.items()}
    TopologicalSorter(graph).prepare()


def test_no_method_imports_another_one():
    for method in METHODS:
        for path in sources(f"repair/methods/{method}"):
            known = {name for name in ours(path) if name.startswith("repair.methods.")}
            rooms = {name.split(".")[2] for name in known}
            assert rooms <= {method, "repair"}, path


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_long(name):
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= MOST_LINES


def test_no_folder_is_crowded():
    folders = Counter(path.parent for path in MODULES.values())
    assert max(folders.values()) <= MOST_MODULES + 1, "and an __init__"


def test_scripts_import_artifacts_alone():
    assert [path.stem for path in SCRIPTS] == [
        "eval_anonymous_1",
        "eval_anonymous_2",
        "eval_multi",
        "eval_sunglasses",
    ]
    for path in SCRIPTS:
        assert ours(path) == {"artifacts.detector"}, path
        assert f'main("{path.stem.removeprefix("eval_")}")' in path.read_text()


def test_artifacts_need_the_promised_packages_alone():
    known = set(sys.stdlib_module_names) | PROMISED
    for path in sources("artifacts"):
        place = path.relative_to(ROOT / "artifacts").parts[0]
        more = EXTRAS.get(place, set())
        assert tops(path) <= known | more, path


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_points_import_nothing_heavy(entry):
    answer = run_python("-c", f"import {entry}, sys; print(*sys.modules)")
    assert answer.code == 0, answer.err
    assert not HEAVY & set(answer.out.split())


def public_files() -> list[Path]:
    demo = ROOT / "build" / "demo"
    packages = [path for name in FLOORS for path in sources(name)]
    return [path for path in packages + SCRIPTS if demo not in path.parents]


def test_number_of_classes_is_written_nowhere():
    for path in public_files():
        assert "1283" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("word", ["/work", "/home/", "/root", "/mnt/", "venv/"])
def test_no_path_of_a_machine_is_written_anywhere(word):
    for path in public_files():
        assert word not in path.read_text("utf-8"), path


def test_every_module_says_what_it_is_for():
    for path in public_files():
        assert ast.get_docstring(tree_of(path)), path
