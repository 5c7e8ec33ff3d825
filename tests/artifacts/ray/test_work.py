"""What a worker does with a shard, without Ray."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from toys import SHAPE, toy_people

from artifacts.card import read_artifact
from artifacts.ray.forms import FORMS
from artifacts.ray.parts import Done
from artifacts.ray.shards import Shard, shards
from artifacts.ray.work import Job, Trouble, label_shard
from artifacts.reading.kinds import Kinds
from artifacts.reading.sources import Piece


@pytest.fixture
def job(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.chdir(tmp_path)  # and back
    (tmp_path / "parts").mkdir()
    for i, image in enumerate(toy_people(1, seed=1).images):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    return Job(
        home=str(tmp_path),
        artifact=str(artifact),
        card=read_artifact(artifact).digest,
        size=SHAPE[:2],
        resize=False,
        formats=(),
        form="tsv",
        names=False,
        parts=tmp_path / "parts",
    )


def test_lines_are_those_of_the_local_command(job, artifact, run_here, tmp_path):
    inputs = [*sorted(x.name for x in tmp_path.glob("*.png")), "none.png", "*.none"]
    local = run_here("artifacts", artifact, *inputs)
    [shard] = shards(inputs, job.size)
    done = label_shard(job, shard, anyway=True)
    assert done == Done(shard.digest(), 5, 2)
    assert (job.parts / "00000.tsv").read_text() == local.out
    failures = (job.parts / "errors-00000.tsv").read_text().splitlines()
    said = sorted("error: " + line.replace("\t", ": ", 1) for line in failures)
    assert said == sorted(local.err.splitlines())
    assert json.loads((job.parts / "00000.done").read_text()) == list(done)


@pytest.mark.parametrize("form", ["tsv", "json"])
def test_names_are_those_of_the_local_command(job, artifact, run_here, tmp_path, form):
    named = shutil.copytree(artifact, tmp_path / "named")
    card = json.loads((named / "card.json").read_text())
    names = [f"class {i}" for i in range(card["num_classes"])]
    (named / "card.json").write_text(json.dumps(card | {"class_names": names}))
    options = ["--names", *(["--json"] if form == "json" else [])]
    inputs = sorted(x.name for x in tmp_path.glob("*.png"))
    local = run_here("artifacts", named, *inputs, *options)
    assert "class " in local.out
    digest = read_artifact(named).digest
    other = replace(job, artifact=str(named), card=digest, form=form, names=True)
    [shard] = shards(inputs, job.size)
    assert label_shard(other, shard, anyway=True) == Done(shard.digest(), 5, 0)
    assert (job.parts / f"00000{FORMS[form].suffix}").read_text() == local.out


def test_other_formats_where_asked_for(job, artifact, run_here, tmp_path):
    Image.open(tmp_path / "0.png").save(tmp_path / "0.webp", lossless=True)
    local = run_here("artifacts", artifact, ".", "--formats", "webp")
    assert "0.webp" in local.out
    [shard] = shards(["."], job.size, kinds=Kinds(("webp",)))
    done = label_shard(replace(job, formats=("webp",)), shard, anyway=True)
    assert done == Done(shard.digest(), 6, 0)
    assert (job.parts / "00000.tsv").read_text() == local.out
    [shard] = shards(["."], job.size)
    assert label_shard(job, shard, anyway=True) == Done(shard.digest(), 5, 0)


def test_input_that_is_not_seen_here_is_left_to_others(job):
    shard = Shard(0, (Piece("0.png"), Piece("none.png")), ())
    answer = label_shard(job, shard, anyway=False)
    assert answer == Trouble("none.png: no such file", "none.png")
    assert not list(job.parts.iterdir())
    assert label_shard(job, shard, anyway=True) == Done(shard.digest(), 1, 1)


def test_other_artifact_on_this_machine_labels_nothing(job, artifact, tmp_path):
    shard = Shard(0, (Piece("0.png"),), ())
    answer = label_shard(replace(job, card="0" * 64), shard, anyway=True)
    assert isinstance(answer, Trouble)
    assert "Received: another card" in answer.reason
    copy = tmp_path / "copy"
    shutil.copytree(artifact, copy)
    with (copy / "saved_model.pb").open("ab") as file:
        file.write(b"\0")
    answer = label_shard(replace(job, artifact=str(copy)), shard, anyway=True)
    assert isinstance(answer, Trouble)
    assert "saved_model.pb is changed" in answer.reason
    answer = label_shard(replace(job, artifact=str(tmp_path / "x")), shard, anyway=True)
    assert isinstance(answer, Trouble)
    assert not list(job.parts.iterdir())


@pytest.mark.parametrize("place", ["home", "parts"])
def test_place_that_is_not_there_is_trouble(job, tmp_path, place):
    elsewhere = tmp_path / "gone"
    other = replace(job, **{place: elsewhere if place == "parts" else str(elsewhere)})
    answer = label_shard(other, Shard(0, (Piece("0.png"),), ()), anyway=True)
    assert isinstance(answer, Trouble)
    assert "gone" in answer.reason
    assert "No such file or directory" in answer.reason
