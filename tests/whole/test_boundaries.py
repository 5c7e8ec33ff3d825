"""Who may import whom, what no file may say: held against the source by ``ast``."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from toys import ROOT, run_python

OURS = {"artifacts", "benchmarks", "build", "repair", "tests", "conftest", "toys"}
SCRIPTS = sorted(ROOT.glob("eval_*.py"))
ALLOWED = {
    "repair": {"repair", "artifacts"},
    "build": {"build", "repair", "artifacts"},
    "artifacts": {"artifacts"},
}
HEAVY = {"tensorflow", "keras", "numpy", "h5py", "PIL", "apache_beam"}
BEAM = ROOT / "artifacts/beam"
ENTRIES = (
    "build.__main__",
    "repair.__main__",
    "artifacts.detector",
    "artifacts.beam.__main__",
)


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Top-level names of everything that is imported anywhere below ``tree``."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            names.add(str(node.module).split(".")[0])
    return names


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_import_downwards_alone(package):
    assert sources(package)
    for path in sources(package):
        assert imported(tree_of(path)) & OURS <= ALLOWED[package], path


def test_repair_knows_neither_commands_nor_command_line_below_them():
    """The library part can be used without a command line."""
    upper = {"__main__", "commands"}
    for path in sources("repair"):
        if path.stem in upper or path.parent.name in upper:
            continue
        text = path.read_text("utf-8")
        assert not any(f"repair.{name}" in text for name in upper), path


def test_scripts_import_artifacts_alone():
    assert [path.stem for path in SCRIPTS] == [
        "eval_anonymous_1",
        "eval_anonymous_2",
        "eval_multi",
        "eval_sunglasses",
    ]
    for path in SCRIPTS:
        assert imported(tree_of(path)) == {"artifacts"}, path
        assert f'main("{path.stem.removeprefix("eval_")}")' in path.read_text()


def test_artifacts_need_the_promised_packages_alone():
    known = set(sys.stdlib_module_names) | {
        "artifacts",
        "tensorflow",
        "numpy",
        "PIL",
        "h5py",
    }
    for path in sources("artifacts"):
        more = {"apache_beam"} if path.parent == BEAM else set()
        assert imported(tree_of(path)) <= known | more, path


def test_entry_points_import_nothing_heavy():
    for entry in ENTRIES:
        code = f"import {entry}, sys; print(*sys.modules)"
        answer = run_python("-c", code)
        assert answer.code == 0, answer.err
        assert not HEAVY & set(answer.out.split()), entry


def public_files() -> list[Path]:
    demo = ROOT / "build" / "demo"
    packages = [path for name in ALLOWED for path in sources(name)]
    return [path for path in packages + SCRIPTS if demo not in path.parents]


def test_number_of_people_is_written_nowhere():
    for path in public_files():
        assert "1283" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("word", ["/work", "/home/", "/root", "/mnt/", "venv/"])
def test_no_path_of_a_machine_is_written_anywhere(word):
    for path in public_files():
        assert word not in path.read_text("utf-8"), path


def test_every_module_says_what_it_is_for():
    for path in public_files():
        assert ast.get_docstring(tree_of(path)), path
