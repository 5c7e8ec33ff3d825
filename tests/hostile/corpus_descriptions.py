"""Networks whose description asks for code, for endless memory, or for nonsense."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
from corpus import Good, Write, add

Change = Callable[[Any], object]


def described(text: Callable[[Any], str]) -> Write:
    """The toy BadNet with another ``model_config``."""

    def write(folder: Path, good: Good) -> Path:
        path = Path(shutil.copy(good.badnet, folder / "network.h5"))
        with h5py.File(path, "r+") as file:
            description = json.loads(file.attrs["model_config"])
            del file.attrs["model_config"]
            value = text(copy.deepcopy(description))
            file.attrs["model_config"] = value
        return path

    return write


def changed(change: Change) -> Write:
    def text(description: Any) -> str:
        change(description)
        return json.dumps(description)

    return described(text)


def layer(description: Any, name: str) -> Any:
    every = description["config"]["layers"]
    return next(each for each in every if each["config"]["name"] == name)


def kind(name: str, **config: Any) -> Change:
    def change(description: Any) -> None:
        layer(description, "pool_1").update(class_name=name, **config)

    return change


def setting(name: str, **values: Any) -> Change:
    return lambda description: layer(description, name)["config"].update(values)


def renamed(name: str) -> Change:
    def change(description: Any) -> None:
        text = json.dumps(description).replace('"pool_1"', json.dumps(name))
        description.update(json.loads(text))

    return change


def source(name: str, other: str) -> Change:
    def change(description: Any) -> None:
        node = layer(description, name)["inbound_nodes"][0]
        node["args"][0]["config"]["keras_history"][0] = other

    return change


def many(count: int) -> Callable[[Any], str]:
    def text(description: Any) -> str:
        one = {"class_name": "ReLU", "config": {"name": "x"}, "inbound_nodes": []}
        description["config"]["layers"] += [one] * count
        return json.dumps(description, separators=(",", ":"))

    return text


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None}}
for name in (
    *("Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "StringLookup"),
    *("PyFunc", "Custom>Evil", "os.system", "builtins.exec", "../Layer", "__class__"),
    *("Functional", "Sequential", "TFSMLayer", "TorchModuleWrapper", "JaxLayer"),
    *("IntegerLookup", "RandomRotation", "Masking", "Embedding"),
):
    add("model", f"layer {name}", changed(kind(name)))
for name, change in {
    "Lambda with bytes": kind("Lambda", config={"name": "pool_1", "function": CODE}),
    "module of a stranger": kind("Evil", module="evil"),
    "registered name": kind("Evil", registered_name="Evil>Evil"),
    "function as activation": setting("fc_1", activation={"class_name": "function"}),
    "lambda as activation": setting("fc_1", activation=CODE),
    "unknown activation": setting("fc_1", activation="os.system"),
    "activation of 1 MB": setting("fc_1", activation="x" * 1_000_000),
    "terabytes of units": setting("fc_1", units=1 << 40),
    "wide units": setting("fc_1", units=65_536),
    "wide filters": setting("conv_1", filters=65_536),
    "wide kernel": setting("conv_1", kernel_size=[4096, 4096]),
    "no units": setting("fc_1", units=0),
    "negative units": setting("fc_1", units=-5),
    "units NaN": setting("fc_1", units=float("nan")),
    "units infinite": setting("fc_1", units=float("inf")),
    "units with a fraction": setting("fc_1", units=16.5),
    "units true": setting("fc_1", units=True),
    "zero strides": setting("conv_1", strides=[0, 0]),
    "zero pool": setting("pool_1", pool_size=[0, 0]),
    "nested list": setting("pool_1", pool_size=[[[[2]]]]),
    "channels first": setting("conv_1", data_format="channels_first"),
    "large image": setting("input", batch_shape=[None, 1 << 31, 1 << 31, 3]),
    "empty image": setting("input", batch_shape=[None, 0, 10, 3]),
    "negative image": setting("input", batch_shape=[None, -12, 10, 3]),
    "infinite image": setting("input", batch_shape=[None, 1e400, 10, 3]),
    "image of text": setting("input", batch_shape="four"),
    "padding bomb": kind(
        "ZeroPadding2D", config={"name": "pool_1", "padding": [[9999] * 2] * 2}
    ),
    "softmax over the images": kind("Softmax", config={"name": "pool_1", "axis": 0}),
    "softmax over the images from behind": kind(
        "Softmax", config={"name": "pool_1", "axis": -4}
    ),
    "cycle": source("conv_1", "fc_1"),
    "own input": source("conv_3", "conv_3"),
    "unknown input": source("conv_1", "nowhere"),
    "two outputs": lambda d: d["config"].update(
        output_layers=[["output", 0, 0], ["fc_1", 0, 0]]
    ),
    "no output": lambda d: d["config"].update(output_layers=[]),
    "output below the top": lambda d: d["config"].update(
        output_layers=[["conv_3", 0, 0]]
    ),
    "code in a Pipeline": kind(
        "Pipeline",
        config={
            "name": "pool_1",
            "layers": [
                {"class_name": "Lambda", "config": {"name": "x", "function": CODE}}
            ],
        },
    ),
    "two inputs": lambda d: d["config"]["layers"].append(layer(d, "input")),
    "same name twice": lambda d: d["config"]["layers"].append(layer(d, "fc_1")),
    "no layers": lambda d: d["config"].update(layers=[]),
    "layers as text": lambda d: d["config"].update(layers="conv_1"),
    "nobody": lambda d: d.clear(),
    "name of a path": renamed("../../etc/passwd"),
    "name with escapes": renamed("\x1b]0;evil\x07\x1b[2J"),
    "name of two lines": renamed("pool\nerror: all is well"),
    "name of nothing": renamed(""),
    "name of 1 MB": renamed("x" * 1_000_000),
    "name right to left": renamed("pool\u202elooc"),
    "name with NUL": renamed("pool\0"),
    "class of 1 MB": kind("x" * 1_000_000),
    "class with escapes": kind("\x1b[31mLambda"),
    "class that is a list": kind(["Lambda"]),  # type: ignore[arg-type]
}.items():
    add("model", name, changed(change))

TEXTS: dict[str, Callable[[Any], str]] = {
    "no JSON": lambda _: "conv_1",
    "half a JSON": lambda d: json.dumps(d)[:500],
    "deep lists": lambda _: "[" * 500_000,
    "deep objects": lambda _: '{"a":' * 500_000,
    "deep in the right place": lambda _: (
        '{"class_name":"Sequential","config":' + "[" * 990 + "]" * 990 + "}"
    ),
    "huge JSON": lambda d: json.dumps(d) + " " * (30 << 20),
    "huge number": lambda d: json.dumps(d).replace(
        '"units": 16', '"units": 1' + "0" * 9999
    ),
    "a million layers": many(100_000),
    "5000 layers and more": many(5000),
    "null": lambda _: "null",
    "a number": lambda _: "1e999",
    "lone surrogate": lambda d: json.dumps(d).replace("pool_1", "\\ud800"),
}
for name, text in TEXTS.items():
    add("model", name, described(text))
