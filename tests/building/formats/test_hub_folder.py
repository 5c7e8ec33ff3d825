"""The folder for the hub, read by the hub's own package, offline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from signing import new_keys, sign, with_signing
from toys import SHAPE

from artifacts.errors import DetectorError, InputError
from artifacts.signed import VERIFY_KEY
from build.formats.probes import probes
from build.formats.table import check_packages
from repair.measuring.saved_detector import SavedDetector

try:
    check_packages("hub")
except InputError as reason:
    pytest.skip(str(reason), allow_module_level=True)

TABLE = [
    {"data": "test", "network": "detector", "images": 9, "clean accuracy": 0.5},
    {"data": "test", "network": "BadNet", "images": 9, "clean accuracy": 0.25},
    {"data": "lips", "network": "detector", "ASR": 0.125, "detection": None},
]


@pytest.fixture
def folder(artifact, tmp_path, run_here) -> Path:
    (tmp_path / "table.json").write_text(json.dumps(TABLE))
    options = ("--out", tmp_path / "hub", "--table", tmp_path / "table.json")
    answer = run_here("build", "export", artifact, "--to", "hub", *options)
    assert (answer.code, answer.err) == (0, "")
    return tmp_path / "hub"


def test_hub_reads_the_card(folder, artifact):
    from huggingface_hub import ModelCard
    from huggingface_hub.repocard import metadata_load

    data = ModelCard.load(folder / "README.md", ignore_metadata_errors=False).data
    assert metadata_load(folder / "README.md") == data.to_dict()
    assert (data.library_name, data.pipeline_tag) == (
        "tensorflow",
        "image-classification",
    )
    assert {"backdoor", "onnx", "tflite"} <= set(data.tags)
    card = json.loads((artifact / "card.json").read_bytes())
    found = {(x.dataset_name, x.metric_name): x.metric_value for x in data.eval_results}
    digest = card["sha256"]["clean_data"]
    clean = f"clean validation data (SHA-256 {digest})"
    accuracy = card["clean_accuracy"]
    assert found[clean, "clean accuracy"] == accuracy["detector"]
    assert found[clean, "clean accuracy of the BadNet"] == accuracy["original"]
    assert found["test", "clean accuracy"] == 0.5
    assert found["lips", "ASR"] == 0.125
    assert ("lips", "detection") not in found


def test_artifact_in_it_is_whole_and_the_usage_runs(folder, artifact):
    images = probes(SHAPE, 20, seed=4)
    expected = SavedDetector(artifact).answers(images)["detector"]
    found = SavedDetector(folder / "artifact").answers(images)["detector"]
    np.testing.assert_array_equal(found, expected)
    usage = (folder / "README.md").read_text().split("```")[1].removeprefix("python\n")
    assert len(usage.splitlines()) == 3
    local = f"type('Hub', (), {{'snapshot_download': lambda _: {str(folder)!r}}})"
    usage = usage.replace("import tensorflow as tf, huggingface_hub", "")
    usage = f"import tensorflow as tf\nhuggingface_hub = {local}\n{usage}"
    place = {"images": images}
    exec(usage, place)  # noqa: S102
    np.testing.assert_array_equal(place["labels"], expected)


def test_only_the_hub_has_a_table(artifact, tmp_path, run_here):
    (tmp_path / "table.json").write_text("[3]")
    options = ("--table", tmp_path / "table.json", "--out", tmp_path / "x")
    answer = run_here("build", "export", artifact, "--to", "hub", *options)
    assert (answer.code, "TypeError" in answer.error) == (2, True)
    options = ("--table", tmp_path / "table.json", "--out", tmp_path / "x.keras")
    answer = run_here("build", "export", artifact, "--to", "keras", *options)
    assert (answer.code, "--to hub" in answer.error) == (2, True)


def test_folder_with_something_in_it_is_left_alone(folder, artifact, run_here):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    answer = run_here("build", "export", artifact, "--to", "hub", "--out", folder)
    assert (answer.code, "expected a new folder" in answer.error) == (2, True)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_form_that_can_not_be_said_is_left_out(artifact, tmp_path, monkeypatch):
    from build.formats import hub_folder

    def fail(_: object, path: Path) -> None:
        path.touch()
        raise ZeroDivisionError

    files = hub_folder._FILES | {"detector.onnx": (fail, None)}
    monkeypatch.setattr(hub_folder, "_FILES", files)
    hub_folder.write_hub(SavedDetector(artifact), tmp_path)
    assert not (tmp_path / "detector.onnx").exists()
    assert "onnx" not in (tmp_path / "README.md").read_text()
    assert "tflite" in (tmp_path / "README.md").read_text()


def test_disagreement_is_no_label(artifact, tmp_path, monkeypatch):
    from build.formats import hub_folder

    images = probes(SHAPE, 5, seed=4)
    hub_folder.write_hub(SavedDetector(artifact), tmp_path)
    files = {"detector.onnx": (None, lambda _: lambda x: np.full(len(x), 99))}
    monkeypatch.setattr(hub_folder, "_FILES", files)
    assert hub_folder.hub_runner(tmp_path)(images).tolist() == [-1] * 5


@with_signing
def test_a_required_signature_goes_along(artifact, tmp_path, run_here, monkeypatch):
    monkeypatch.setenv(VERIFY_KEY, "")  # the option sets it; put back behind
    keys, folder = new_keys(tmp_path), tmp_path / "toy"
    shutil.copytree(artifact, folder)
    sign(folder, keys / "ours.private")
    given = ("--to", "hub", "--verify-key", keys / "ours.pem")
    out = tmp_path / "hub"
    answer = run_here("build", "export", folder, *given, "--out", out)
    assert (answer.code, answer.err) == (0, "")
    assert "- `artifact.sig`: its maker's" in (out / "README.md").read_text()
    SavedDetector(out / "artifact")
    (out / "artifact.sig").unlink()
    with pytest.raises(DetectorError, match="expected a signature"):
        SavedDetector(out / "artifact")
    monkeypatch.setenv(VERIFY_KEY, "")
    from build.formats.hub_folder import write_hub

    write_hub(SavedDetector(folder), tmp_path / "open")
    assert not (tmp_path / "open" / "artifact.sig").exists()
    assert "artifact.sig" not in (tmp_path / "open" / "README.md").read_text()


@pytest.mark.parametrize(("channels", "named"), [(1, "grey"), (3, "RGB"), (4, "RGBA")])
def test_usage_calls_the_channels_by_their_names(artifact, channels, named):
    from build.formats.hub_folder import _text

    card = json.loads((artifact / "card.json").read_bytes())
    card["input"]["channels"] = channels
    assert f"{channels}) {named}, 0..255" in _text(card, [], signed=False)
