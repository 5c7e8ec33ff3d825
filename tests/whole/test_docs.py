"""Every command of README and docs runs as it stands there; every page is short and whole.

Blocks marked ``sh`` are run, line by line, beside the files that they name: the toys stand
in for a reader's network and images. All pages have one folder, as a reader has: what stands
on a second page word for word has been run there. ``.ci/run`` runs ``sh run`` and ``sh test``.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from PIL import Image
from toys import ROOT, toy_people

from repair.commands.parser import whole_parser

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_LINES = 150
# They need a cluster, a server or a package more, which tests of their own bring or miss.
NEEDING_MORE = {"ray.md", "serving.md", "signing.md", "tensorflow-serving.md"}
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text("utf-8"))


@pytest.fixture(scope="module")
def ran() -> set[str]:
    """The commands that have been run, and have done what they should."""
    return set()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, files) -> Path:
    """As a clone with its environment, and a reader's own files in it."""
    tmp_path = tmp_path_factory.mktemp("clone")
    for name in ("artifacts", "build", "repair", "data", *ROOT.glob("eval_*.py")):
        (tmp_path / Path(name).name).symlink_to(ROOT / name)
    (tmp_path / "badnet.h5").symlink_to(files / "badnet.h5")
    (tmp_path / "clean.h5").symlink_to(files / "clean.h5")
    (tmp_path / "photos").mkdir()
    for index, pixels in enumerate(toy_people(1, seed=9).images[:2]):
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{index}.png")
    (tmp_path / "image.png").symlink_to("photos/0.png")
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name in ("python", "python3"):
        script = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
        (binaries / name).write_text(script)
        (binaries / name).chmod(0o755)
    (binaries / "activate").write_text(f'PATH="{binaries}:$PATH"\n')
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [x for x in PAGES if blocks(x) and x.name not in NEEDING_MORE],
    ids=lambda x: x.name,
)
def test_every_command_runs_as_it_stands(page, folder, ran):
    commands = "\n".join(blocks(page)).splitlines()
    new = [each for each in commands if each not in ran]
    script = "\n".join(["source .venv/bin/activate", *new])
    done = subprocess.run(
        ["/bin/bash", "-euxo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    ran.update(commands)


def test_workflow_gives_options_that_there_are():
    text = (ROOT / "docs" / "pipelines.md").read_text("utf-8")
    (command,) = re.findall(r"run: badnet-repair (.*)$", text, re.MULTILINE)
    chosen = whole_parser().parse_args(shlex.split(command))
    assert (chosen.command, chosen.fail_on) == ("inspect", "found")
    assert f"sarif_file: {chosen.sarif}" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda x: x.name)
def test_links_lead_somewhere(page):
    for target, _ in LINK.findall(page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda x: x.name)
def test_page_is_short(page):
    assert len(page.read_text("utf-8").splitlines()) <= MOST_LINES


def test_every_page_is_reached_from_readme():
    text = PAGES[0].read_text("utf-8")
    for page in PAGES[1:]:
        assert f"docs/{page.name}" in text, page.name


def test_pictures_are_small():
    pictures = [*(ROOT / "docs" / "pictures").iterdir()]
    assert pictures
    for path in pictures:
        assert path.stat().st_size < 300_000, path


def test_the_page_on_code_names_all_outputs_of_a_detector():
    text = (ROOT / "docs" / "code.md").read_text("utf-8")
    cells = {
        name: set(re.findall(r"`(\w+)`", outputs))
        for name, outputs in re.findall(
            r"^\| `(\w+)` \|.*\| (`label`.*) \|$", text, re.M
        )
    }
    detector = tf.saved_model.load(str(ROOT / "artifacts" / "sunglasses"))
    for name, signature in detector.signatures.items():
        more = {"unlearned_evidence"} if name == "explain" else set()
        assert cells[name] == set(signature.structured_outputs) | more, name
