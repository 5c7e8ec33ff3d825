"""The one file to install: one package, one command, no shadow on another ``build``."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from toys import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    (ROOT / ".cache/wheel").mkdir(parents=True, exist_ok=True)  # as ``make wheel``
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder]
    done = subprocess.run(
        [*command, ROOT / "packaging"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        if (
            "No matching distribution" in done.stderr
            or "No module named pip" in done.stderr
        ):
            pytest.skip("pip, or what it builds with, can not be had here")
        raise AssertionError(done.stderr)
    [path] = folder.glob("*.whl")
    return path


def run(wheel: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "badnet_repair", *map(str, arguments)],
        cwd=wheel.parent,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_top_level_package_without_stand_ins(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"badnet_repair"}
    assert not [name for name in names if "saved_model.pb" in name]
    assert wheel.stat().st_size < 2 << 20


def test_version_and_every_command(wheel):
    said = run(wheel, "--version")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("badnet-repair ")
    listed = run(wheel, "--help").stdout
    for command in (
        "build",
        "inspect",
        "label",
        "ray",
        "explain",
        "export",
        "accuracy",
    ):
        assert f"\n    {command} " in listed
    helped = run(wheel, "inspect", "--help")
    assert helped.stdout.startswith("usage: badnet-repair inspect ")


def test_labels_an_image_and_says_what_is_wrong(wheel):
    image = ROOT / "data" / "test_image.png"
    said = run(wheel, "label", ROOT / "artifacts" / "anonymous_2", image)
    assert (said.returncode, said.stderr) == (0, "")
    assert int(said.stdout) > 0
    wrong = run(wheel, "inspect", "nothing.h5", "nothing.h5", "--out", "x")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: nothing.h5: ")


def test_other_processes_do_not_see_the_packages_inside(wheel):
    code = "import importlib.util as u; print(u.find_spec('artifacts'), u.find_spec('repair'))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=wheel.parent,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["None", "None"]
