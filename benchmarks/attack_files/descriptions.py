"""Attacks by what a file says of its layers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import h5py
import keras
import tensorflow as tf

from benchmarks.attack_files.attack import CODE, Attack, Write, named, pickled
from benchmarks.attack_files.networks import (
    CONFIG,
    SHAPE,
    Members,
    archive,
    code,
    described,
    function,
    layer,
    network,
    saved,
)

_LAMBDA = '"class_name": "Lambda"'
_TORCH = base64.b64encode(pickled()).decode()


def _nested() -> keras.Model:
    return network(keras.Sequential([keras.Input(SHAPE), code()]))


def _wrapped(folder: Path) -> Path:
    """``TimeDistributed`` around a Lambda."""
    inner = keras.saving.serialize_keras_object(code())
    return layer("keras.layers", "TimeDistributed", {"layer": inner})(folder)


def _calls(module: str, name: str, **arguments: Any) -> Write:
    config = {"name": "calls", "function": function(module, name)}
    return layer("keras.layers", "Lambda", {**config, "arguments": arguments})


def _compiled(description: dict[str, Any]) -> None:
    loss = function("os", "abort")
    description["compile_config"] = {"optimizer": "adam", "loss": loss}


def _trained(folder: Path) -> Path:
    """The same in HDF5."""
    path = saved(".h5")(folder)
    settings = {
        "loss": function("os", "abort"),
        "optimizer_config": {"class_name": "Adam"},
    }
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(settings)
    return path


def _initialised(description: dict[str, Any]) -> None:
    dense = description["config"]["layers"][-1]["config"]
    dense["kernel_initializer"] = function("os", "abort")


def _led_out(description: dict[str, Any]) -> None:
    description["config"]["layers"][-1]["config"]["name"] = "../../trace"


def _hidden(change: str, into: str) -> Write:
    """A Lambda that a search for its name, or for one of two keys, does not find."""

    def edit(members: Members) -> None:
        members[CONFIG] = members[CONFIG].replace(change.encode(), into.encode(), 1)

    return archive(edit, saved(".keras", lambda: network(code())))


def _deep(members: Members) -> None:
    members[CONFIG] = b'{"config":' * 200_000


def _graph_that_writes(folder: Path) -> Path:
    """A SavedModel whose graph writes a file, and returns its images as they are."""

    @tf.function(input_signature=[tf.TensorSpec((None, *SHAPE), tf.float32)])
    def call(images: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.io.write_file("trace", "")]):
            return tf.identity(images)

    module = tf.Module()
    module.call = call
    tf.saved_model.save(module, str(folder / "graph"), signatures=call)
    return folder / "graph"


def _graph_as_layer(folder: Path) -> Path:
    config = {"filepath": str(_graph_that_writes(folder)),
              "call_endpoint": "serving_default", "name": "graph"}  # fmt: skip
    return layer("keras.layers", "TFSMLayer", config)(folder)


def _yaml() -> bytes:
    return f'!!python/object/apply:exec ["{CODE}"]\n'.encode()


DESCRIPTIONS = (
    Attack("CVE-2024-3660", "code of a Lambda layer", saved(".keras", lambda: network(code()))),
    Attack("CVE-2025-9905", "the same in HDF5, where Keras passed over safe_mode",
           saved(".h5", lambda: network(code()))),
    Attack("nested Lambda", "a Lambda in a network within the network",
           saved(".keras", _nested)),
    Attack("CVE-2026-12481", "a Lambda in a layer that makes its layer by itself", _wrapped),
    Attack("escaped name", "a Lambda whose name is written in escapes",
           _hidden('"Lambda"', '"\\u004cambda"')),
    Attack("two keys", "a layer that is a Dropout first, and then a Lambda",
           _hidden(_LAMBDA, f'"class_name": "Dropout", {_LAMBDA}')),
    Attack("CVE-2025-1550", "a class of any module as a layer", layer("os", "abort", {})),
    Attack("CVE-2024-55459, CVE-2025-8747", "a function of Keras that writes files",
           _calls("keras.utils", "get_file", origin="file:///etc/hostname", fname="trace")),
    Attack("CVE-2025-9906", "a function of Keras that switches safe_mode off",
           _calls("keras.config", "enable_unsafe_deserialization")),
    Attack("CVE-2025-12058", "a vocabulary that is read from any file",
           layer("keras.layers", "StringLookup", {"vocabulary": "/etc/hostname"})),
    Attack("CVE-2025-49655, CVE-2026-12484", "a module of Torch, pickled",
           layer("keras.layers", "TorchModuleWrapper", {"module": _TORCH})),
    Attack("CVE-2026-1462", "a graph that writes files, beside the file, as a layer",
           _graph_as_layer),
    Attack("SavedModel", "a graph that writes files", _graph_that_writes),
    Attack("CVE-2026-12479", "a layer whose name leads out of the folder",
           described(_led_out)),
    Attack("compile_config", "a function of any module as the loss", described(_compiled),
           read=True),
    Attack("training_config", "the same in HDF5", _trained, read=True),
    Attack("initialiser", "a function of any module as an initialiser",
           described(_initialised), read=True),
    Attack("CVE-2021-37678", "a description in YAML that calls a function",
           named("network.yaml", _yaml)),
    Attack("nested too deep", "a description of 200,000 levels", archive(_deep)),
)  # fmt: skip
