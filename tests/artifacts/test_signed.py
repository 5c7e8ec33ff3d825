"""``--verify-key``: unsigned, changed and others' artifacts are refused, however loaded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from signing import new_keys, sign, with_signing
from toys import PEOPLE, ROOT

from artifacts import packages
from artifacts.card import read_artifact
from artifacts.errors import DetectorError, InputError
from artifacts.signed import VERIFY_KEY, check_signature


@pytest.fixture(autouse=True)
def no_key_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option sets a variable; it is gone after each test."""
    monkeypatch.setenv(VERIFY_KEY, "")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def signed(artifact: Path, keys: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(artifact, tmp_path / "toy")
    sign(folder, keys / "ours.private")
    return folder


def change_with_card(folder: Path) -> None:
    """What somebody who can write into the folder does: the card fits."""
    content = b"no graph at all"
    (folder / "saved_model.pb").write_bytes(content)
    card = json.loads((folder / "card.json").read_bytes())
    card["files"]["saved_model.pb"] = hashlib.sha256(content).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))


def ways(folder: Path, files: Path) -> dict[str, list[object]]:
    """Every command that loads an artifact."""
    image = ROOT / "data" / "clean_image.png"
    clean, test = files / "clean.h5", files / "test.h5"
    return {
        "one image": ["artifacts", folder, image, "--resize"],
        "many": ["artifacts", folder, image, clean, "--resize"],
        "ray": ["artifacts.ray", folder, image, "--output", files / "x"],
        "accuracy": ["repair", "accuracy", folder, clean],
        "defence": ["repair", "defence", folder, "--clean", clean, "--test", test],
        "export": ["build", "export", folder, "--to", "keras", "--out", "x.keras"],
    }


WAYS = list(ways(Path(), Path()))


@with_signing
@pytest.mark.parametrize("way", WAYS)
def test_every_way_refuses_what_is_not_signed_by_the_key(
    way, signed, keys, files, run_here, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    command = [*ways(signed, files)[way], "--verify-key"]
    if way != "ray":  # needs Ray for more
        answer = run_here(*command, keys / "ours.pem")
        assert answer.code == 0, answer.err
    answer = run_here(*command, keys / "theirs.pem")
    assert (answer.code, "expected the files that were signed" in answer.error) == (
        2,
        True,
    )
    change_with_card(signed)
    answer = run_here(*command, keys / "ours.pem")
    assert (answer.code, "It is not loaded." in answer.error) == (2, True)
    signed.with_name("toy.sig").unlink()
    answer = run_here(*command, keys / "ours.pem")
    assert (answer.code, "expected a signature in" in answer.error) == (2, True)


@with_signing
def test_anything_else_than_what_was_signed_is_refused(signed, keys, monkeypatch):
    monkeypatch.setenv(VERIFY_KEY, str(keys / "ours.pem"))
    paths = [path for path in signed.rglob("*") if path.is_file()]
    files = {path.relative_to(signed).as_posix(): path.read_bytes() for path in paths}
    check_signature(signed, files)
    for name, content in files.items():
        others = [
            {**files, name: content + b"\0"},
            {**files, f"{name}.more": content},
            {key: value for key, value in files.items() if key != name},
        ]
        for other in others:
            with pytest.raises(DetectorError, match="It is not loaded"):
                check_signature(signed, other)


@with_signing
@pytest.mark.parametrize("content", [b"", b"{}", b"\0" * 100, b"[" * 100_000])
def test_broken_signature_is_one_line(signed, keys, monkeypatch, content):
    monkeypatch.setenv(VERIFY_KEY, str(keys / "ours.pem"))
    signed.with_name("toy.sig").write_bytes(content)
    with pytest.raises(DetectorError, match="It is not loaded") as problem:
        read_artifact(signed)
    assert str(problem.value).isprintable()


def test_without_a_key_nothing_is_asked_of_it(artifact):
    assert read_artifact(artifact).card["num_classes"] == PEOPLE


def test_missing_key_and_package_are_named(artifact, tmp_path, monkeypatch):
    monkeypatch.setenv(VERIFY_KEY, str(tmp_path / "no.pem"))
    with pytest.raises(DetectorError, match="expected the public key in"):
        read_artifact(artifact)
    folder = shutil.copytree(artifact, tmp_path / "toy")
    for name in ("no.pem", "toy.sig"):
        (tmp_path / name).touch()
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[signing\]'"):
        read_artifact(folder)


def test_scripts_take_the_option(run_here: Callable[..., object]):
    for module in ("artifacts", "artifacts.ray", "repair.accuracy", "build.export"):
        package, *command = module.rsplit(".", 1) if "ray" not in module else [module]
        answer = run_here(package, *command, "--help")
        assert "--verify-key" in answer.out, module
    assert not os.environ[VERIFY_KEY]
