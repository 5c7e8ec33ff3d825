"""SARIF and bills of materials: as their own readers and schemas want them."""

from __future__ import annotations

import argparse
import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from toys import build_options

from artifacts import packages
from artifacts.card import sha256
from artifacts.listed import CARD
from repair.errors import RepairFailedError
from repair.reading.digest import digest
from repair.report import pipelines
from repair.report.bill import write_bill
from repair.report.sarif import write_sarif
from repair.report.subject import Subject
from repair.verdict import Verdict

FOUND = Verdict(
    "backdoor found", "high", (3, 0), (7,), "Suspicion is 4 times the limit."
)
NONE = Verdict("no sign of a backdoor", "moderate", (), (), "No label comes near.")
UNTOLD = Verdict("cannot be told", "low", (), (), "The images are of something else.")


@pytest.fixture
def subject(tmp_path: Path, artifact: Path, files: Path) -> Subject:
    """The toy artifact's, under a name that is no URI and no UTF-8."""
    network = tmp_path / "a b\udcff\u00fc%.h5"
    network.write_bytes((files / "badnet.h5").read_bytes())
    card = json.loads((artifact / CARD).read_text("utf-8"))
    one = Subject.built(network, files / "clean.h5", artifact, card)
    return replace(one, verdict=FOUND)


@pytest.mark.parametrize(
    ("verdict", "results"),
    [
        (FOUND, [("backdoor-found", "error", 3), ("backdoor-found", "error", 0),
                 ("label-watched", "note", 7)]),
        (NONE, []),
        (UNTOLD, [("cannot-be-told", "warning", None)]),
    ],
)  # fmt: skip
def test_sarif_has_a_result_a_label(subject, tmp_path, verdict, results):
    sarif = pytest.importorskip("sarif_pydantic")
    write_sarif([replace(subject, verdict=verdict)], tmp_path / "x.sarif")
    log = sarif.load(tmp_path / "x.sarif")
    (run,) = log.runs
    known = {rule.id for rule in run.tool.driver.rules}
    told = [
        (x.rule_id, x.level.value, x.properties.get("label")) for x in run.results or []
    ]
    assert told == results
    assert {rule for rule, *_ in told} <= known
    for result in run.results or []:
        place = result.locations[0].physical_location
        assert place.artifact_location.uri.endswith("/a%20b%FF%C3%BC%25.h5")
        assert place.artifact_location.uri.startswith("file:///")
    relative = replace(subject, network=Path("a b.h5"))
    write_sarif([relative], tmp_path / "x.sarif")
    assert '"uri": "a%20b.h5"' in (tmp_path / "x.sarif").read_text("utf-8")


def test_bill_is_valid_and_names_what_was_read(subject, tmp_path):
    pytest.importorskip("cyclonedx")
    place = tmp_path / "bom.json"
    write_bill([subject, replace(subject, detector=None, verdict=NONE)], place)
    _validate(place.read_text("utf-8"))
    parts = {
        x["bom-ref"]: x for x in json.loads(place.read_text("utf-8"))["components"]
    }
    assert sorted(parts) == [
        *("clean-data-0", "clean-data-1"),
        *("detector-0", "network-0", "network-1"),
    ]
    hashes = {name: part["hashes"][0]["content"] for name, part in parts.items()}
    assert hashes["clean-data-0"] == digest(subject.clean)
    assert hashes["network-0"] == digest(subject.network)
    assert hashes["detector-0"] == sha256(subject.detector / CARD)
    for name, verdict in (("detector-0", FOUND), ("network-1", NONE)):
        told = {x["name"]: x["value"] for x in parts[name]["modelCard"]["properties"]}
        assert told["badnet-repair:verdict"] == verdict.headline
    assert "modelCard" not in parts["clean-data-0"]


def test_build_writes_both(run_here, files, tmp_path):
    pytest.importorskip("cyclonedx")
    pytest.importorskip("sarif_pydantic")
    more = ("--sarif", tmp_path / "x.sarif", "--bom", tmp_path / "bom.json")
    answer = run_here("build", *build_options(files, tmp_path / "toy"), *more)
    assert answer.code == 0, answer.err
    _validate((tmp_path / "bom.json").read_text("utf-8"))
    # This method looks for no target labels.
    assert '"ruleId": "cannot-be-told"' in (tmp_path / "x.sarif").read_text("utf-8")


def test_sarif_tells_of_each_label_how_sure_that_is(subject, tmp_path):
    sarif = pytest.importorskip("sarif_pydantic")
    apart = replace(FOUND, each=("high", "moderate"))
    write_sarif([replace(subject, verdict=apart)], tmp_path / "x.sarif")
    results = sarif.load(tmp_path / "x.sarif").runs[0].results
    assert [x.properties["confidence"] for x in results[:2]] == ["high", "moderate"]
    assert "Confidence: moderate." in results[1].message.text


def test_a_file_that_fails_at_the_end_is_told_by_its_own_place(
    subject, tmp_path, monkeypatch
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), ".x.building.sarif")

    monkeypatch.setattr(pipelines, "write_sarif", full)
    given = argparse.Namespace(sarif=tmp_path / "x.sarif", bom=None)
    with pytest.raises(RepairFailedError, match=r"all else was done.*No space") as fail:
        pipelines.write_for_pipelines([subject], given)
    assert str(fail.value).startswith(f"{tmp_path / 'x.sarif'}: ")
    assert "building" not in str(fail.value)


@pytest.mark.parametrize("option", ["--sarif", "--bom"])
def test_missing_package_is_told_before_long_work(
    run_here, files, tmp_path, monkeypatch, option
):
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    both = (files / "badnet.h5", files / "clean.h5")
    out = ("--out", tmp_path / "out", option, tmp_path / "x")
    answer = run_here("repair", "inspect", *both, *out)
    assert answer.code == 2
    assert answer.error.endswith("pip install -e '.[pipelines]'")
    assert not list(tmp_path.iterdir())


def _validate(text: str) -> None:
    from cyclonedx.exception import MissingOptionalDependencyException
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    try:
        problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    except MissingOptionalDependencyException:
        pytest.skip("no validator: pip install 'cyclonedx-python-lib[json-validation]'")
    assert problem is None, problem
