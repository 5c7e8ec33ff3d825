"""What to build, from what: read off the command line, checked before heavy imports."""

from __future__ import annotations

import argparse
import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build.catalogue import (
    NETWORKS,
    model_file,
    poisoned_files,
    test_file,
    validation_file,
)
from repair.commands.data_options import data_options_from, preprocessing_from
from repair.commands.network_options import network_options_from
from repair.commands.options import settings_from
from repair.errors import DatasetError, ModelError, SettingError
from repair.process.what_is_there import what_is_there
from repair.reading.stored.other_formats import reason_against_folder
from repair.settings import DataOptions, NetworkOptions, Settings

ARTIFACTS = Path("artifacts")
AS_IT_IS = DataOptions()
AS_SAVED = NetworkOptions()


@dataclass(frozen=True)
class Request:
    """What to build, from what.

    Attributes:
        model: File of the BadNet.
        clean: File or folder of the clean validation data.
        out: Folder of the artifact.
        name: What the card calls it.
        method: One of ``settings.METHODS``.
        settings: The method's settings.
        preprocessing: What the network was trained on; None = find it.
        options: What the user says about data files.
        network_options: What the user says about the network's file.
        unlabelled: The BadNet's answers stand in for the labels.
        force: Build although the BadNet does not know the clean images.
        stand_in: Whether the BadNet is a made-up one of the demo.
        test: Clean test data, for figures alone.
        poisoned: Poisoned data, for figures alone.
    """

    model: Path
    clean: Path
    out: Path
    name: str
    method: str
    settings: Settings
    preprocessing: str | None = None
    options: DataOptions = AS_IT_IS
    network_options: NetworkOptions = AS_SAVED
    unlabelled: bool = False
    force: bool = False
    stand_in: bool = False
    test: Path | None = None
    poisoned: list[Path] = field(default_factory=list)


def requests_from(arguments: argparse.Namespace) -> list[Request]:
    """One request per artifact.

    Raises:
        RepairError: If arguments contradict each other, or a file is missing.
    """
    if arguments.model is None and arguments.clean is None:
        return [_named(name, arguments) for name in _names(arguments.names)]
    if arguments.names:
        raise SettingError(
            "expected NAMEs or --model FILE, not both. "
            f"Received: {' '.join(arguments.names)} and a file."
        )
    for option in ("model", "clean", "out"):
        if getattr(arguments, option) is None:
            raise SettingError(
                f"--model, --clean and --out go together. Add --{option}."
            )
    return [_one(arguments)]


def check_demo(arguments: argparse.Namespace) -> None:
    """Makes sure that the demo is asked for nothing that it does not build.

    Raises:
        SettingError: If a network of the user's own is named, or one that there is not.
    """
    if arguments.model is not None or arguments.clean is not None:
        raise SettingError(
            "expected --demo, which makes its own networks and images, or --model and "
            "--clean. Received: both."
        )
    _names(arguments.names)


def _names(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in NETWORKS]
    if unknown:
        there = [os.path.exists(name) for name in names]  # noqa: PTH110
        remedy = ""
        if len(names) == 2 and all(there):
            model, clean = map(shlex.quote, names)
            remedy = f" Did you mean --model {model} --clean {clean} --out FOLDER?"
        raise SettingError(
            f"expected names among {', '.join(NETWORKS)}, or --model FILE for any other "
            f"network. Received: {unknown[0]!r}.{remedy}"
        )
    return list(dict.fromkeys(names)) or list(NETWORKS)


def _one(arguments: argparse.Namespace) -> Request:
    if os.path.isdir(arguments.model):  # noqa: PTH112
        raise ModelError(f"{arguments.model}: {reason_against_folder(arguments.model)}")
    _expect_file(arguments.model, ModelError)
    for path in (arguments.clean, arguments.test, *arguments.poisoned):
        if path is not None and not os.path.isdir(path):  # noqa: PTH112
            _expect_file(path, DatasetError)
    return Request(
        model=arguments.model,
        clean=arguments.clean,
        out=arguments.out,
        name=os.path.basename(os.path.realpath(arguments.out)),  # noqa: PTH119
        test=arguments.test,
        poisoned=arguments.poisoned,
        **_shared(arguments),
    )


def _named(name: str, arguments: argparse.Namespace) -> Request:
    return Request(
        model=model_file(name, arguments.models),
        clean=validation_file(arguments.data),
        out=(arguments.out or ARTIFACTS) / name,
        name=name,
        test=test_file(arguments.data),
        poisoned=poisoned_files(name, arguments.data),
        **_shared(arguments),
    )


def _shared(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "method": arguments.method,
        "settings": settings_from(arguments),
        "preprocessing": preprocessing_from(arguments),
        "options": data_options_from(arguments),
        "network_options": network_options_from(arguments),
        "unlabelled": arguments.unlabelled,
        "force": arguments.force,
        "stand_in": arguments.demo,
    }


def _expect_file(path: Path, error: type[ModelError] | type[DatasetError]) -> None:
    if not os.path.isfile(path):  # noqa: PTH113 - an impossible name is no error
        raise error(f"{path}: expected a file. Received: {what_is_there(path)}.")
