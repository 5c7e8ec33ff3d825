"""The passages of a network: places through which all that it computes must go.

A branch beside a layer can carry an answer past it. Nothing gets past a passage, so who
wants to know what a network sees has to look there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

# Layers whose weights only scale: what they see and what they give is the same knowledge.
_SCALING = (
    layers.BatchNormalization,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.Normalization,
    layers.PReLU,
)


@dataclass(frozen=True)
class Passage:
    """A tensor without which nothing reaches the network's output.

    Attributes:
        tensor: The tensor.
        step: How many operations come before it.
        mixing: Names of the layers before it that mix channels, in order.
    """

    tensor: keras.KerasTensor
    step: int
    mixing: tuple[str, ...]


def passages(network: keras.Model) -> list[Passage]:
    """All passages, from the network's input to its output."""
    nodes = _nodes(network)
    waiting: dict[int, int] = {}
    for node in nodes:
        for tensor in node.input_tensors:
            waiting[id(tensor)] = waiting.get(id(tensor), 0) + 1
    # Who listens to the output is not asked; it stays open to the end.
    waiting[id(network.output)] = waiting.get(id(network.output), 0) + 1
    found: list[Passage] = []
    mixing: list[str] = []
    opened: set[int] = set()
    for step, node in enumerate(nodes):
        if mixes(node.operation):
            mixing.append(node.operation.name)
        for tensor in node.input_tensors:
            waiting[id(tensor)] -= 1
            if not waiting[id(tensor)]:
                opened.discard(id(tensor))
        opened |= {id(x) for x in node.outputs if waiting.get(id(x))}
        if (
            len(opened) == 1
            and len(node.outputs) == 1
            and id(node.outputs[0]) in opened
        ):
            found.append(Passage(node.outputs[0], step, tuple(mixing)))
    return found


def past_branches(
    network: keras.Model, tensors: list[keras.KerasTensor]
) -> list[keras.KerasTensor]:
    """What is read beside ``tensors`` by all that follows from them, and does not itself."""
    following = {id(tensor) for tensor in tensors}
    past: dict[int, keras.KerasTensor] = {}
    for node in _nodes(network):
        if not any(id(tensor) in following for tensor in node.input_tensors):
            continue
        following |= {id(tensor) for tensor in node.outputs}
        for tensor in node.input_tensors:
            if id(tensor) not in following:
                past[id(tensor)] = tensor
    return list(past.values())


def step_of(network: keras.Model, layer: str) -> int:
    """How many operations come before the one of that name."""
    names = [node.operation.name for node in _nodes(network)]
    return names.index(layer)


def listeners(network: keras.Model, tensor: keras.KerasTensor) -> list[Any]:
    """The operations that read a tensor, one a reading."""
    return [
        node.operation
        for node in _nodes(network)
        if any(tensor is each for each in node.input_tensors)
    ]


def mixes(operation: Any) -> bool:
    """Whether an operation is a layer that mixes channels by weights of its own."""
    return bool(getattr(operation, "weights", None)) and not isinstance(
        operation, _SCALING
    )


def _nodes(network: keras.Model) -> list[Any]:
    """What the network computes, inputs before what reads them."""
    depths = network._nodes_by_depth  # the order in which Keras itself runs it
    return [node for depth in sorted(depths, reverse=True) for node in depths[depth]]
