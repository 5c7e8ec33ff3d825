"""Keeps an addition and the activation behind it apart, which TensorFlow fuses wrongly.

TensorFlow's remapper (2.20 and 2.21, through oneDNN) fuses a dense layer, the addition of
another branch and an activation into one node, and forgets to say which operation that is.
It then gives the whole optimisation up and says so in twenty lines of errors; the answers
are right, but the graph runs as it was written. An operation that does nothing, between
addition and activation, is not fused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorflow.core.protobuf import saved_model_pb2

# Name of the operation in the graph; ``frozen`` takes it off again.
APART = "kept_apart"
_ACTIVATIONS = {"Elu", "LeakyRelu", "Relu", "Relu6", "Sigmoid", "Tanh"}
_ADDITIONS = {"Add", "AddN", "AddV2"}


def keep_apart(folder: Path) -> None:
    """Puts the operation where it is needed, in every function of a SavedModel."""
    path = folder / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for graph in model.meta_graphs:
        for function in graph.graph_def.library.function:
            _keep_apart(function)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _keep_apart(function: Any) -> None:
    nodes = {node.name: node for node in function.node_def}
    for activation in nodes.values():
        if activation.op not in _ACTIVATIONS:
            continue
        addition = nodes.get(_name(activation.input[0]))
        if addition is None or not _adds_a_dense_layer(addition, nodes):
            continue
        apart = function.node_def.add(op="EnsureShape", name=f"{addition.name}/{APART}")
        apart.input.append(activation.input[0])
        apart.attr["T"].CopyFrom(addition.attr["T"])
        [shape] = addition.attr["_output_shapes"].list.shape
        apart.attr["shape"].shape.CopyFrom(shape)
        activation.input[0] = f"{apart.name}:output:0"


def _adds_a_dense_layer(addition: Any, nodes: dict[str, Any]) -> bool:
    if addition.op not in _ADDITIONS:
        return False
    added = [nodes.get(_name(tensor)) for tensor in addition.input]
    return any(node is not None and node.op == "BiasAdd" for node in added)


def _name(tensor: str) -> str:
    return tensor.split(":")[0]
