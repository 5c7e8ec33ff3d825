"""Operators and wrappers that ask for code, for endless memory, or for nonsense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from corpus import Good, Write, add
from corpus_descriptions import CODE, Change, changed, kind, layer, setting

OPERATIONS = "keras.src.ops.numpy"


def node(operation: object, constants: object = None, **attributes: Any) -> Change:
    """A node of TensorFlow's graph in place of the pooling."""
    said = {"name": "pool_1", "op": operation, "input": ["a"], "attr": attributes}
    config = {"name": "pool_1", "node_def": said, "constants": constants or {}}

    def change(description: Any) -> None:
        layer(description, "pool_1").update(
            class_name="TensorFlowOpLayer", config=config, name="pool_1"
        )

    return change


def operation(name: str, module: str = OPERATIONS, **config: Any) -> Change:
    """An operation of Keras 3 in place of the pooling."""
    return kind(name, module=module, config={"name": "pool_1", **config})


def distributed(inner: object) -> Change:
    return kind("TimeDistributed", config={"name": "pool_1", "layer": inner})


def result(number: int) -> Change:
    """Somebody wants one of endlessly many pieces."""

    def change(description: Any) -> None:
        operation("Split", indices_or_sections=2, axis=-1)(description)
        listener = layer(description, "conv_3")["inbound_nodes"][0]["args"][0]
        listener["config"]["keras_history"][2] = number

    return change


LAMBDA = {"class_name": "Lambda", "config": {"name": "x", "function": CODE}}
for name, change in {
    "node that calls Python": node("PyFunc", token={"s": "cHlmdW5j"}),
    "node that reads a file": node("ReadFile", {"0": "/etc/passwd"}),
    "node of no name": node(None),
    "node of endless operands": node("AddV2", {str(x): 1.0 for x in range(1000)}),
    "node with a constant nowhere": node("AddV2", {"-1": 1.0}),
    "node with an endless mask": node(
        "StridedSlice", {"1": [0], "2": [1], "3": [1]}, begin_mask={"i": "9" * 10_000}
    ),
    "node that mixes images": node("Mean", {"1": [0]}, keep_dims={"b": True}),
    "pieces without end": result(1 << 40),
    "pieces that are not there": result(7),
    "second result of a layer": lambda d: layer(d, "conv_3")["inbound_nodes"][0][
        "args"
    ][0]["config"]["keras_history"].__setitem__(2, 1),
    "sum over images": operation("Sum", axis=0, keepdims=True),
    "power of a tower": operation("Power", y=1e300),
    "division by nothing": operation("TrueDivide", y=0.0),
    "constant NaN": operation("Add", y=float("nan")),
    "constants without end": operation("Add", y=[[0.5] * 1000] * 1000),
    "patches of everything": operation(
        "ExtractPatches", "keras.src.ops.image", size=[5, 5], strides=[0, 0]
    ),
    "blocks of everything": operation("SpaceToDepth", block_size=1 << 40),
    "flip of an axis that is not": operation("Flip", axis=99),
    "take of a place that is not": operation("Take", indices=1 << 40, axis=1),
    "operation of a stranger": operation("Add", "evil.src.ops.numpy", y=1.0),
    "Lambda for each place": distributed(LAMBDA),
    "code for each place": distributed(CODE),
    "nothing for each place": distributed(None),
    "itself for each place": distributed(
        {"class_name": "TimeDistributed", "config": {"name": "x", "layer": LAMBDA}}
    ),
    "dot over the images": kind("Dot", config={"name": "pool_1", "axes": 0}),
    "channels first and huge": setting(
        "input", batch_shape=[None, 3, 1 << 31, 1 << 31]
    ),
    "softmax over columns": setting(
        "conv_1", data_format="channels_first", activation="softmax"
    ),
}.items():
    add("model", name, changed(change))


def pieces(count: int, size: int) -> Write:
    """The names of a layer's weights in pieces."""

    def write(folder: Path, good: Good) -> Path:
        path = folder / "network.h5"
        path.write_bytes(good.badnet.read_bytes())
        with h5py.File(path, "r+", libver="latest") as file:
            layer = file["model_weights/fc_1"]
            del layer.attrs["weight_names"]
            for number in range(count):
                layer.attrs[f"weight_names{number}"] = np.array([b"x"] * size, "S1")
        return path

    return write


add("model", "names in many empty pieces", pieces(3000, 0))
add("model", "names in many full pieces", pieces(60, 500))
