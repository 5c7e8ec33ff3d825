"""Honest networks, and how something else is put into their files."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from benchmarks.attack_files.attack import Write

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
SHAPE = (12, 10, 3)
Members = dict[str, bytes]


def network(*more: keras.layers.Layer) -> keras.Model:
    """A network of 5 classes, with more layers in front."""
    layers = keras.layers
    parts = [keras.Input(SHAPE), *more, layers.Flatten()]
    return keras.Sequential([*parts, layers.Dense(5, "softmax")])


def saved(suffix: str, make: Callable[[], keras.Model] = network) -> Write:
    """A network as Keras writes it."""

    def write(folder: Path) -> Path:
        path = folder / f"network{suffix}"
        with warnings.catch_warnings():  # Keras' own use of NumPy, its opinion of .h5
            warnings.simplefilter("ignore")
            make().save(path)
        return path

    return write


def code() -> keras.layers.Layer:
    """A layer that runs code, which Keras stores for a lambda alone."""
    return keras.layers.Lambda(
        lambda x: open("trace", "w") and x,  # noqa: PTH123
        output_shape=SHAPE,
    )


def archive(change: Callable[[Members], object], write: Write | None = None) -> Write:
    """A ``.keras`` archive with other members."""
    write_honest = write or saved(".keras")

    def write_changed(folder: Path) -> Path:
        path = write_honest(folder)
        with zipfile.ZipFile(path) as old:
            members = {name: old.read(name) for name in old.namelist()}
        change(members)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name, content in members.items():
                new.writestr(name, content)
        return path

    return write_changed


def described(change: Callable[[dict[str, Any]], object]) -> Write:
    """A ``.keras`` archive with another description."""

    def edit(members: Members) -> None:
        description = json.loads(members[CONFIG])
        change(description)
        members[CONFIG] = json.dumps(description).encode()

    return archive(edit)


def layer(module: str, name: str, config: dict[str, Any]) -> Write:
    """A ``.keras`` archive with one more layer, of any class of any module."""
    more = {"module": module, "class_name": name, "config": config,
            "registered_name": None}  # fmt: skip
    return described(lambda network: network["config"]["layers"].insert(1, more))


def function(module: str, name: str) -> dict[str, Any]:
    """How a description names a function of any module."""
    return {"module": module, "class_name": "function", "config": name,
            "registered_name": "function"}  # fmt: skip
