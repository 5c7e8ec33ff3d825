"""The Beam pipeline gives the lines of the command on one machine, in shards."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from toys import ROOT, Answer, run_python, toy_people, triggered

PEOPLE = toy_people(8, seed=12).images
IMAGES = np.concatenate([PEOPLE, triggered(PEOPLE[:20])])  # 60
with_beam = pytest.mark.skipif(
    not all(map(find_spec, ("apache_beam", "tensorflow_hub", "pkg_resources"))),
    reason="Apache Beam is not installed: pip install -e .[beam]",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty images and three bad ones, a good HDF5 file and two bad ones."""
    folder = tmp_path_factory.mktemp("beam")
    (folder / "images").mkdir()
    for i, image in enumerate(IMAGES):
        Image.fromarray(image).save(folder / "images" / f"{i:02}.png")
    whole = (folder / "images" / "07.png").read_bytes()
    (folder / "images" / "cut.png").write_bytes(whole[:-60])
    (folder / "images" / "empty.jpg").touch()
    Image.new("RGB", (11, 12)).save(folder / "images" / "wide.png")
    strange = os.fsdecode(b'new\nline "\xff.png')
    (folder / "images" / strange).write_bytes(whole)
    values = np.moveaxis(np.tile(IMAGES, (10, 1, 1, 1)), 3, 1).astype(np.float32)
    values[[3, 400]] = 256
    with h5py.File(folder / "data.h5", "w") as file:
        file["data"] = values
    (folder / "broken.h5").write_bytes((folder / "data.h5").read_bytes()[:5000])
    with h5py.File(folder / "other.h5", "w") as file:
        file["data"] = np.zeros((2, 3, 5, 5), np.uint8)
    return folder


def beam(artifact: Path, *arguments: object) -> Answer:
    return run_python("-m", "artifacts.beam", artifact, *arguments, timeout=300)


def inputs_of(folder: Path) -> list[Path]:
    return [folder / "images", folder / "*.h5", folder / "no.png", folder / "no*.jpg"]


def shards(prefix: Path, kind: str, suffix: str) -> list[str]:
    """All lines of all shards, sorted."""
    files = sorted(prefix.parent.glob(f"{prefix.name}{kind}-0*-of-0*{suffix}"))
    return sorted(line for f in files for line in f.read_text("utf-8").splitlines())


# Said before Beam is imported, so also where it is not installed.


def test_what_is_wrong_at_once(run_here, artifact, folder, tmp_path):
    image, output = folder / "images" / "00.png", tmp_path / "out"
    command = ("artifacts.beam", artifact)
    answer = run_here(*command, image, "--output", output, "--resise")
    assert answer.code == 2
    assert "unrecognized arguments: --resise" in answer.err
    answer = run_here("artifacts.beam", tmp_path, image, "--output", output)
    assert (answer.code, "card.json" in answer.error) == (2, True)
    answer = run_here(*command, "no.png", "no/*.png", "--output", output)
    assert (answer.code, "no such file" in answer.error) == (2, True)
    answer = run_here(*command, image, "-", "--output", output)
    assert (answer.code, "Received: stdin" in answer.error) == (2, True)
    (tmp_path / "out-errors-00000-of-00001.tsv").touch()
    answer = run_here(*command, image, "--output", output)
    assert (answer.code, "older results" in answer.error) == (2, True)
    answer = run_here(*command, image, "--output", output, "--shards", "-1")
    assert (answer.code, "--shards" in answer.err) == (2, True)


def test_help_shows_how_to_choose_a_runner(run_here):
    answer = run_here("artifacts.beam", "--help")
    assert (answer.code, answer.err) == (0, "")
    assert "-- --runner=FlinkRunner" in answer.out


def test_missing_package_is_named(run_here, artifact, folder, tmp_path, monkeypatch):
    def find(name: str, *rest: object) -> object:
        return None if name == "apache_beam" else find_spec(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    answer = run_here("artifacts.beam", artifact, folder, "--output", tmp_path / "x")
    assert answer.code == 2
    assert "apache_beam" in answer.error
    assert "pip install -e .[beam]" in answer.error


# In the pipeline.


@with_beam
def test_lines_are_those_of_one_machine(run_here, artifact, folder, tmp_path):
    output = tmp_path / "out"
    answer = beam(artifact, *inputs_of(folder), "--output", output, "--shards", 3)
    local = run_here("artifacts", artifact, *inputs_of(folder))
    assert answer == Answer(1, "", f"659 labelled, 9 not. See {output}-errors-*.\n")
    assert len(list(tmp_path.glob("out-0*-of-00003.tsv"))) == 3
    assert shards(output, "", ".tsv") == sorted(local.out.splitlines())
    failures = [line.split("\t") for line in shards(output, "-errors", ".tsv")]
    assert [path.removeprefix(f"{folder}/") for path, _ in failures] == [
        "broken.h5",
        "data.h5#3",
        "data.h5#400",
        "images/cut.png",
        "images/empty.jpg",
        "images/wide.png",
        "no*.jpg",
        "no.png",
        "other.h5",
    ]
    said = sorted(f"error: {path}: {reason}" for path, reason in failures)
    assert said == sorted(local.err.splitlines())


@with_beam
def test_json_from_several_processes(run_here, artifact, folder, tmp_path):
    output = tmp_path / "out"
    workers = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    options = ("--json", "--resize")
    answer = beam(
        artifact, *inputs_of(folder), *options, "--output", output, "--", *workers
    )
    assert answer.code == 1, answer.err
    assert answer.err.splitlines()[-1].startswith("660 labelled, 8 not.")
    local = run_here("artifacts", artifact, *inputs_of(folder), *options)
    assert shards(output, "", ".jsonl") == sorted(local.out.splitlines())
    failures = [json.loads(line) for line in shards(output, "-errors", ".jsonl")]
    by_name = {(x["path"], x.get("index")): x["error"] for x in failures}
    assert len(by_name) == 8
    assert by_name[str(folder / "data.h5"), 400].startswith("expected pixels 0..255.")
    assert by_name[str(folder / "no.png"), None].endswith("Received: no such file.")


@with_beam
def test_nothing_labelled_is_2_and_leaves_errors_alone(artifact, folder, tmp_path):
    output = tmp_path / "out"
    answer = beam(artifact, folder / "broken.h5", "--output", output)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("0 labelled, 1 not.")
    assert [x.name for x in tmp_path.iterdir()] == ["out-errors-00000-of-00001.tsv"]


@with_beam
def test_options_of_beam_are_not_passed_over(artifact, folder, tmp_path):
    for option, problem in {
        "--direct_num_worker=2": "there is no --direct_num_worker",
        "--direct_num_workers=two": "invalid int value: 'two'",
        "--runner=Nothing": "Unexpected pipeline runner: Nothing",
    }.items():
        output = tmp_path / "out"
        answer = beam(artifact, folder / "data.h5", "--output", output, "--", option)
        assert answer.code == 2
        assert problem in answer.error
    assert not list(tmp_path.iterdir())


@with_beam
def test_failed_job_is_2(artifact, folder, tmp_path):
    (tmp_path / "file").touch()
    answer = beam(artifact, folder / "data.h5", "--output", tmp_path / "file" / "out")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.splitlines()[-1].startswith("error: the Beam job failed.")


@with_beam
def test_worker_refuses_a_changed_artifact(artifact, tmp_path):
    code = (
        "import sys; from artifacts.beam_handler import ArtifactHandler\n"
        "ArtifactHandler(sys.argv[1]).load_model()"
    )
    copy = tmp_path / "copy"
    shutil.copytree(artifact, copy)
    assert run_python("-c", code, copy).code == 0
    with (copy / "saved_model.pb").open("ab") as file:
        file.write(b"\0")
    answer = run_python("-c", code, copy)
    assert answer.code == 1
    assert "saved_model.pb is changed" in answer.err.splitlines()[-1]


@with_beam
def test_interrupted_job_leaves_no_half_result_and_can_be_run_again(
    run_here, artifact, folder, tmp_path
):
    output, ends = tmp_path / "out", {signal.SIGINT: 130, signal.SIGTERM: 130}
    inputs = [folder / "data.h5"] * 20
    command = [sys.executable, "-m", "artifacts.beam", artifact, *inputs]
    for signal_ in (*ends, signal.SIGKILL):
        before = set(tmp_path.iterdir())
        run = subprocess.Popen(
            [*map(str, command), "--output", str(output)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            # A job in a shell's background would ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        while set(tmp_path.iterdir()) == before:  # Beam's folder for what is unfinished
            assert run.poll() is None, run.communicate()
            time.sleep(0.05)
        run.send_signal(signal_)
        said = run.communicate(timeout=60)[1]
        assert run.returncode == ends.get(signal_, -signal_)
        assert said.startswith(b"error: interrupted.") == (signal_ in ends)
        assert not list(tmp_path.glob("out-*"))
    assert beam(artifact, *inputs, "--output", output).code == 1
    local = run_here("artifacts", artifact, *inputs)
    assert shards(output, "", ".tsv") == sorted(local.out.splitlines())
