"""An interrupted run over several networks is taken up, and gives the same bytes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from toys import PATIENCE, ROOT, run_python, stopped_at

from build import fresh_process, several
from build.catalogue import NETWORKS
from build.request import Request
from repair.errors import RepairFailedError
from repair.settings import DataOptions, NetworkOptions, Settings

NAMES = ("sunglasses", "multi")
QUICK = ("--method", "reference", "--fraction", 0.25, "--epochs", 0)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A BadNet and clean data, which the builder of these tests only reads as bytes."""
    (tmp_path / "in").mkdir()
    for name in ("badnet.h5", "clean.h5"):
        (tmp_path / "in" / name).write_text(name)
    return tmp_path / "in"


def kill_myself(_: Request) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Builder:
    """Writes a file in place of an artifact; stops at a name if it is told to."""

    def __init__(self, stop: str | None = None) -> None:
        self.stop = stop
        self.built: list[str] = []

    def __call__(self, request: Request) -> None:
        if request.name == self.stop:
            raise KeyboardInterrupt
        request.out.mkdir(parents=True, exist_ok=True)
        (request.out / "card.json").write_text(request.name)
        self.built.append(request.name)


def requests(inputs: Path, seed: int = 0, **more: object) -> list[Request]:
    model, clean, out = inputs / "badnet.h5", inputs / "clean.h5", inputs.parent / "out"
    settings = Settings(seed=seed)
    return [
        Request(model, clean, out / name, name, "witnesses", settings, **more)
        for name in NETWORKS
    ]


def interrupted(inputs: Path) -> Path:
    with pytest.raises(KeyboardInterrupt):
        several.build_each(requests(inputs), Builder(stop="anonymous_1"))
    return inputs.parent / "out"


def rest(inputs: Path, seed: int = 0) -> list[str]:
    builder = Builder()
    several.build_each(requests(inputs, seed), builder)
    return builder.built


def test_what_is_finished_is_not_built_again(inputs, capfd):
    out = interrupted(inputs)
    assert (out / several.NOTES).is_file()
    assert rest(inputs) == ["anonymous_1", "anonymous_2"]
    assert "sunglasses: finished before, by " in capfd.readouterr().err
    assert not (out / several.NOTES).exists()
    assert rest(inputs) == list(NETWORKS), "a finished run leaves nothing to take up"


def test_other_settings_build_all(inputs):
    interrupted(inputs)
    assert rest(inputs, seed=1) == list(NETWORKS)


@pytest.mark.parametrize("name", ["badnet.h5", "clean.h5"])
def test_other_inputs_build_all(inputs, name):
    interrupted(inputs)
    (inputs / name).write_text("changed")
    assert rest(inputs) == list(NETWORKS)


@pytest.mark.parametrize(
    ("field", "options", "name"),
    [
        ("options", DataOptions, "classes"),
        ("network_options", NetworkOptions, "architecture"),
    ],
)
def test_files_that_options_name_are_inputs(inputs, field, options, name):
    """As they are now, not by their path."""
    place = inputs / "named"
    place.write_text("a")
    more = {field: options(**{name: place})}
    for content, built in (("a", 2), ("b", 4)):
        with pytest.raises(KeyboardInterrupt):
            several.build_each(requests(inputs, **more), Builder(stop="anonymous_1"))
        place.write_text(content)
        builder = Builder()
        several.build_each(requests(inputs, **more), builder)
        assert len(builder.built) == built


def test_where_a_run_that_failed_goes_on_is_said(inputs, capfd):
    interrupted(inputs)
    notes = inputs.parent / "out" / several.NOTES
    assert f"{notes} notes what is finished" in capfd.readouterr().err
    with pytest.raises(KeyboardInterrupt):
        several.build_each(requests(inputs, seed=1), Builder(stop="sunglasses"))
    notes.unlink()
    with pytest.raises(KeyboardInterrupt):
        several.build_each(requests(inputs), Builder(stop="sunglasses"))
    assert capfd.readouterr().err.count("notes what is finished") == 1


def test_other_code_builds_all(inputs, monkeypatch, tmp_path):
    interrupted(inputs)
    (tmp_path / "repair").mkdir()
    (tmp_path / "repair" / "rule.py").write_text("changed")
    monkeypatch.setattr(several, "_CODE", tmp_path)
    assert rest(inputs) == list(NETWORKS)


def test_other_versions_build_all(inputs, monkeypatch):
    interrupted(inputs)
    monkeypatch.setattr(several, "version", lambda _: "0")
    assert rest(inputs) == list(NETWORKS)


def test_a_changed_artifact_is_built_again(inputs):
    out = interrupted(inputs)
    (out / "multi" / "more").write_text("added")
    shutil.rmtree(out / "sunglasses")
    assert rest(inputs) == list(NETWORKS)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b'{"multi": 1}'])
def test_broken_notes_are_none(inputs, content):
    out = interrupted(inputs)
    (out / several.NOTES).write_bytes(content)
    assert rest(inputs) == list(NETWORKS)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def command(files: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """The arguments that build the toy, under the names of the competition."""
    models, data = tmp_path / "models", tmp_path / "data"
    models.mkdir()
    data.mkdir()
    for name in NAMES:
        stem = NETWORKS[name].stem
        shutil.copy(files / "badnet.h5", models / f"{stem}_bd_net.h5")
    shutil.copy(files / "clean.h5", data / "clean_validation_data.h5")

    def arguments(out: Path, *names: str) -> list[str]:
        folders = ("--models", models, "--data", data, "--out", out)
        return ["-m", "build", *map(str, (*names, *folders, *QUICK))]

    return arguments


def test_a_terminated_build_is_taken_up_and_gives_the_bytes_of_single_ones(
    command, tmp_path, monkeypatch
):
    """SIGTERM to the first process, as soon as the second artifact is begun.

    Nothing is left among the temporary files either, where TensorFlow writes some.
    """
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for name in NAMES:
        answer = run_python(*command(tmp_path / "whole", name))
        assert answer.code == 0, answer.err
    parts = tmp_path / "parts"
    answer = stopped_at(parts / ".multi.building", *command(parts, *NAMES))
    assert answer.code == 130, answer.err
    *_, last, note = answer.err.splitlines()
    assert last == "interrupted; older artifacts stay as they were"
    assert note.startswith(f"{parts / several.NOTES} notes what is finished")
    assert {path.name for path in parts.iterdir()} == {"sunglasses", several.NOTES}
    answer = run_python(*command(parts, *NAMES))
    assert answer.code == 0, answer.err
    assert "sunglasses: finished before, by " in answer.err
    assert content(parts) == content(tmp_path / "whole")
    assert content(parts / "multi").keys() == content(parts / "sunglasses").keys()
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(
    ("signal_", "send"), [(signal.SIGTERM, os.kill), (signal.SIGINT, os.killpg)]
)
def test_a_build_interrupted_while_its_process_starts_is_one_line(
    command, tmp_path, signal_, send
):
    """As by a terminal's Ctrl-C, which all processes get, or by a command's kill."""
    building = subprocess.Popen(
        [sys.executable, *command(tmp_path / "out", *NAMES)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job in a shell's background would ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    children = Path(f"/proc/{building.pid}/task/{building.pid}/children")
    deadline = time.monotonic() + PATIENCE
    while len(children.read_text().split()) < 2:  # the one that builds, and its helper
        assert building.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    send(building.pid, signal_)
    answer = building.communicate(timeout=PATIENCE)
    assert answer == ("", "interrupted; older artifacts stay as they were\n")
    assert building.returncode == 130
    assert not list(tmp_path.glob("out/*"))


def test_a_killed_build_is_one_line(inputs, monkeypatch):
    monkeypatch.setattr(fresh_process, "_build", kill_myself)
    with pytest.raises(RepairFailedError, match="was killed, most likely for want of"):
        fresh_process.build_in_fresh_process(requests(inputs)[0])
