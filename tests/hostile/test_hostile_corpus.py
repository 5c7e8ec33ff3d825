"""Every hostile file: one clear line, exit code 2, at once, and nothing else happens."""

from __future__ import annotations

import json
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import corpus_archives
import corpus_artifacts
import corpus_attacks
import corpus_data
import corpus_descriptions
import corpus_flags
import corpus_images
import corpus_models
import corpus_operators
import numpy as np
import pytest
from corpus import CASES, Case, Good, arguments
from PIL import Image
from toys import PATIENCE, ROOT, run_python, toy_people

from benchmarks.attack_files.files import ATTACKS

MODULES = (
    corpus_attacks,
    corpus_artifacts,
    corpus_data,
    corpus_descriptions,
    corpus_flags,
)
MODULES += (corpus_archives, corpus_images, corpus_models, corpus_operators)
MOST_SECONDS = 10  # of processor time, far more than any takes on a busy machine
MOST_BYTES = 500 << 20
FRESH = [case for case in CASES if not case.may_pass][::36]


def test_the_page_says_how_many_there_are():
    page = (ROOT / "SECURITY.md").read_text("utf-8")
    told = re.search(r"(\d+) hostile files .*: (\d+) must be refused, (\d+)", page)
    attacks = re.search(r"Each of (\d+) known ways", page)
    assert told is not None
    assert attacks is not None
    either = sum(case.may_pass for case in CASES)
    counts = (len(CASES), len(CASES) - either, either)
    assert tuple(map(int, told.groups())) == counts
    assert int(attacks[1]) == len(ATTACKS)


@pytest.fixture(scope="module")
def good(tmp_path_factory, files, artifact) -> Good:
    outside = tmp_path_factory.mktemp("outside")
    shutil.copy(files / "badnet.h5", outside / "secret.h5")
    (outside / "secret.bin").write_bytes(np.zeros(4096, "f8").tobytes())
    shutil.copytree(artifact, outside / "folder")
    home = tmp_path_factory.mktemp("good")
    shutil.copytree(artifact, home / "toy")
    Image.fromarray(toy_people(1, seed=7).images[0]).save(home / "image.png")
    return Good(
        files / "badnet.h5",
        files / "clean.h5",
        files / "corner_poisoned_data.h5",
        home / "toy",
        home / "image.png",
        outside,
    )


class Worker:
    """One process for all cases; a new one if a case kills it or hangs."""

    process: subprocess.Popen[str] | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("worker.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        if not ready:
            self.process.kill()
            pytest.fail("it hangs")
        line = self.process.stdout.readline()
        assert line, f"the process died: {self.process.wait()}"
        return json.loads(line)

    def stop(self) -> None:
        if self.process is not None:
            with self.process:  # closes the pipes, and waits
                self.process.kill()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.stop()


def prepared(case: Case, folder: Path, good: Good) -> tuple[list[str], Path]:
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    bad = case.write(folder / "in", good)
    of_kind = [other for other in CASES if other.kind == case.kind]
    turn = 0 if case.may_pass else of_kind.index(case)
    return arguments(case.kind, turn, bad, folder / "out", good), folder / "out"


def check(case: Case, code: int, out: str, err: str) -> None:
    if case.may_pass and code == 0:
        return
    assert code == 2, err
    assert out == ""
    lines = err.split("\n")
    assert lines[-1] == ""
    # A build says which network it has read before it refuses other people's images.
    *before, line = lines[:-1]
    assert not before, err
    assert line.startswith("error: "), err
    assert line.isprintable(), err
    assert 30 < len(line) < 2500


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refused_in_one_line_at_once_and_untouched(case, tmp_path, good, worker):
    command, out = prepared(case, tmp_path, good)
    places = [str(tmp_path), *map(str, (good.badnet.parent, good.artifact.parent))]
    answer = worker.answer(
        {"arguments": command, "allowed": places, "outside": str(good.outside)}
    )
    assert answer["found"] == []
    check(case, answer["code"], answer["out"], answer["err"])
    assert answer["seconds"] < MOST_SECONDS
    assert answer["bytes"] < MOST_BYTES
    if answer["code"]:
        assert list(out.iterdir()) == []
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("case", FRESH, ids=lambda case: case.name)
def test_a_fresh_process_says_the_same(case, tmp_path, good):
    command, out = prepared(case, tmp_path, good)
    if command[0] == "eval":
        code = "import sys; from pathlib import Path; from artifacts import detector\n"
        code += f"detector.HERE = Path({command[1]!r}); detector.main('toy')"
        answer = run_python("-c", code, *command[2:])
    else:
        answer = run_python("-m", *command)
    check(case, answer.code, answer.out, answer.err)
    assert list(out.iterdir()) == []


def test_the_corpus_is_large_and_its_names_differ():
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(module.__doc__ for module in MODULES)
