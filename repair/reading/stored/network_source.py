"""Opens a file that may hold a network, whatever its name: its content tells its kind."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from artifacts.errors import one_line, printable
from repair.errors import ModelError, RepairError
from repair.reading.attributes import MAX_TEXT, text
from repair.reading.described.writer import Version, version_in
from repair.reading.hdf5 import child, open_hdf5
from repair.reading.stored.keras_archive import open_archive
from repair.reading.stored.losses import loss_in
from repair.reading.stored.other_formats import (
    HDF5,
    ZIP,
    reason_against,
    reason_against_folder,
    reason_against_name,
)


@dataclass(frozen=True)
class Source:
    """What a file holds.

    Attributes:
        description: Of the model, parsed; None where the file has weights alone.
        keras_version: Of the writer, None where it is not told.
        loss: What the network was trained with, parsed, untrusted; see ``losses``.
        weights: What holds the weights.
    """

    description: Any
    keras_version: Version | None
    loss: Any
    weights: h5py.Group


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors begin with the path, unless they name it themselves."""
    try:
        yield
    except RepairError as reason:
        if str(path) in str(reason):
            raise
        raise ModelError(f"{path}: {printable(str(reason))}") from reason
    except RecursionError as reason:
        raise ModelError(f"{path}: the model description is too deep.") from reason


@contextmanager
def opened_source(path: Path) -> Iterator[Source]:
    """Opens a file of any kind, as its content tells.

    Raises:
        ModelError: If it is missing, or of a kind that holds no Keras network.
    """
    if os.path.isdir(path):  # noqa: PTH112 - an impossible name is no error
        raise ModelError(f"{path}: {reason_against_folder(path)}")
    if not os.path.exists(path):  # noqa: PTH110 - likewise
        raise ModelError(
            f"{path}: expected a network, .keras or .h5. Received: no such file."
        )
    begins = _beginning(path)
    if begins.startswith(ZIP):
        with (
            open_archive(path) as archive,
            open_hdf5(path, ModelError, part=archive.weights) as file,
        ):
            description = archive.description
            loss = loss_in(description, "compile_config")
            told = archive.metadata
            written = told.get("keras_version") if isinstance(told, dict) else None
            yield Source(description, version_in(written), loss, file)
        return
    reason = reason_against(begins)
    if reason is None and not begins.startswith(HDF5):
        reason = reason_against_name(path)
    if reason is not None:
        raise ModelError(f"{path}: {reason}")
    with open_hdf5(path, ModelError) as file:
        yield _from_hdf5(file)


def _from_hdf5(file: h5py.File) -> Source:
    if "nb_layers" in file.attrs:
        raise ModelError(
            "holds weights alone, as Keras 0.x and the first of Keras 1 wrote them. Load "
            "them with Keras 1.0, and save the whole model there. Load that with Keras 2.0 "
            "to 2.3, and save it there."
        )
    version = None
    if "keras_version" in file.attrs:
        version = version_in(text(file, "keras_version", ModelError))
    if "model_config" not in file.attrs:
        return Source(None, version, None, file)
    description = _json(text(file, "model_config", ModelError), "the model description")
    loss = None
    if "training_config" in file.attrs:
        training = _json(text(file, "training_config", ModelError), "'training_config'")
        loss = loss_in({"compile": training}, "compile")
    weights = child(file, "model_weights", ModelError)
    return Source(description, version, loss, weights)


def _json(content: str | bytes, what: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as reason:
        raise ModelError(
            f"expected {what} to be JSON, as Keras writes it. Received: {one_line(reason)}"
        ) from reason


def _beginning(path: Path) -> bytes:
    """The first bytes of a file, none if there is none."""
    if not os.path.isfile(path):  # noqa: PTH113
        return b""
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError as reason:
        raise ModelError(
            f"{path}: can not be read. Received: {reason.strerror}."
        ) from reason


def architecture_in(path: Path) -> Any:
    """The description in a JSON file."""
    if not os.path.isfile(path):  # noqa: PTH113
        raise ModelError(
            f"{path}: expected what model.to_json() gives. Received: no file."
        )
    with path.open("rb") as file:
        content = file.read(MAX_TEXT + 1)
    if len(content) > MAX_TEXT:
        raise ModelError(
            f"{path}: expected at most {MAX_TEXT:,} bytes. Received: more."
        )
    if content.startswith((ZIP, HDF5)):
        raise ModelError(
            f"{path}: expected what model.to_json() gives, a text. Received: a file of "
            "weights or a whole model. Give that as the network; a whole one needs no "
            "architecture."
        )
    try:
        found = _json(content, "the architecture")
        # json.dump(model.to_json(), file) writes a text in JSON, which is JSON itself.
        return _json(found, "the architecture") if isinstance(found, str) else found
    except ModelError as reason:
        raise ModelError(f"{path}: {reason}") from reason
