"""The one file to install: one package, one command, no shadow on another ``build``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
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


@pytest.mark.slow
def test_workflow_of_the_docs_runs_as_it_stands(wheel, files, tmp_path):
    """GitHub's example, step by step, in an environment that has our requirements."""
    page = (ROOT / "docs" / "pipelines.md").read_text("utf-8")
    install, inspect = re.findall(r"^ +- run: (.*)$", page, re.MULTILINE)
    shutil.copy(wheel, tmp_path)
    (tmp_path / "model.h5").symlink_to(files / "badnet.h5")
    (tmp_path / "clean.h5").symlink_to(files / "clean.h5")
    venv.create(tmp_path / "env")
    pip = tmp_path / "env" / "bin" / "pip"  # that of the packages below
    pip.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n')
    pip.chmod(0o755)
    [packages] = tmp_path.glob("env/lib/python*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"))
    path = f"{tmp_path / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"

    def step(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", "-e", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    done = step(install)
    if "No matching distribution" in done.stderr:
        pytest.skip("the packages that write SARIF and bills can not be had here")
    assert done.returncode == 0, done.stderr
    done = step(inspect)
    assert done.returncode == 3, done.stderr
    assert "Backdoor found" in done.stdout
    sarif, bill = (tmp_path / name for name in ("found.sarif", "bom.json"))
    assert json.loads(sarif.read_text())["runs"][0]["results"]
    assert json.loads(bill.read_text())["bomFormat"] == "CycloneDX"
    assert (tmp_path / "inspection" / "inspect.html").is_file()
