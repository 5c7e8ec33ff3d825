"""The graph of an artifact with its weights as constants: what other formats start from.

Read from the SavedModel alone, so nothing here depends on how the detector was built or
what its layers are called.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

from artifacts.quiet import silent
from build.saving.any_number import CUT, FILLED
from build.saving.kept_apart import APART
from repair.errors import ModelError

INPUT = "images"
OUTPUT = "label"


def frozen(saved_model: Any) -> Any:
    """The artifact's ``serving_default`` without variables.

    Args:
        saved_model: An artifact's SavedModel, loaded from verified files.

    Returns:
        A function of TensorFlow, whose ``graph`` can be read, from ``images`` uint8
        ``(n, rows, columns, 3)`` to ``label`` int64 ``(n,)``.

    Raises:
        ModelError: If the artifact has no such signature.
    """
    try:
        function = saved_model.signatures["serving_default"]
        with silent():  # older TensorFlow tells what it is about to do
            constant = convert_variables_to_constants_v2(function)
        (images,), (label,) = constant.inputs, constant.outputs
    except (AttributeError, KeyError, ValueError) as reason:
        raise ModelError(
            "expected an artifact with a signature 'serving_default' from images to labels. "
            f"Received: {type(reason).__name__}. Build it again."
        ) from reason
    definition = _plain_argmax(_no_order(_unguarded(constant.graph.as_graph_def())))

    def restored() -> None:
        tf.graph_util.import_graph_def(definition, name="")

    graph = tf.compat.v1.wrap_function(restored, [])
    return graph.prune(
        graph.graph.get_tensor_by_name(images.name),
        {OUTPUT: graph.graph.get_tensor_by_name(label.name)},
    )


def _unguarded(definition: Any) -> Any:
    """Takes off what is there for TensorFlow's sake: operations that copy, and no more."""
    for node in definition.node:
        if node.name.split("/")[-1] in (FILLED, CUT, APART):
            node.op = "Identity"
            del node.input[1:]
            for name in set(node.attr) - {"T"}:
                del node.attr[name]
    return definition


def _no_order(definition: Any) -> Any:
    """Drops what must run before what: without variables, all order is in the data."""
    for node in definition.node:
        data = [name for name in node.input if not name.startswith("^")]
        node.input[:] = data
    return definition


def _plain_argmax(definition: Any) -> Any:
    """Takes off what Keras puts before an argmax to tell -0.0 from 0.0 by its bits.

    Neither ONNX nor LiteRT has that bit operation. Only two largest scores of which one
    is 0.0 and the other -0.0 would get another label.
    """
    nodes = {node.name: node for node in definition.node}
    for node in definition.node:
        if node.op != "ArgMax":
            continue
        choice = nodes[_name(node.input[0])]
        if choice.op == "SelectV2" and _looks_at_bits(nodes, choice.input[0], 4):
            node.input[0] = choice.input[2]
    return definition


def _looks_at_bits(nodes: dict[str, Any], name: str, depth: int) -> bool:
    node = nodes[_name(name)]
    if node.op == "Bitcast":
        return True
    return depth > 0 and any(_looks_at_bits(nodes, x, depth - 1) for x in node.input)


def _name(tensor: str) -> str:
    return tensor.split(":")[0]
