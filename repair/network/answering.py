"""What a network makes of images; what no layer needs any more is forgotten on the way.

Keras keeps all that it makes of a batch until the answer is there. Of one image that is
4.2 GB for the largest network of ``keras.applications`` (EfficientNetB7, 600 x 600).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import keras

_BYTES = 4  # of a value


def answer(network: keras.Model, images: Any) -> Any:
    """What ``network(images, training=False)`` gives, with less in memory at once.

    Args:
        network: A functional model with one input.
        images: ``(n, ...)``, numbers of any kind.

    Returns:
        What the model gives: a tensor, or a structure of tensors.
    """
    entrance = network.inputs[0]
    made = {id(entrance): keras.ops.convert_to_tensor(images, dtype=entrance.dtype)}
    for node, forgotten in _walk(network):
        values, settings = node.arguments.fill_in(made)
        results = _applied(node.operation, values, settings)
        pairs = zip(node.outputs, keras.tree.flatten(results), strict=True)
        made.update((id(tensor), result) for tensor, result in pairs)
        for each in forgotten:
            made.pop(each, None)
    told = [made[id(tensor)] for tensor in network.outputs]
    if len(told) == 1 and not isinstance(network._outputs_struct, dict):
        return told[0]
    return keras.tree.pack_sequence_as(network._outputs_struct, told)


def most_bytes(network: keras.Model) -> int:
    """Bytes of all that ``answer`` has in memory of one image, when that is most."""
    sizes = {id(tensor): _size(tensor) for tensor in network.inputs}
    most = sum(sizes.values())
    for node, forgotten in _walk(network):
        within = most_bytes(node.operation) if _opens(node.operation) else 0
        most = max(most, sum(sizes.values()) + within)
        sizes.update((id(tensor), _size(tensor)) for tensor in node.outputs)
        most = max(most, sum(sizes.values()))
        for each in forgotten:
            sizes.pop(each, None)
    return most


def activation_bytes(network: keras.Model) -> int:
    """Bytes of all that a network makes of one image on the way, as a gradient needs."""
    made = _BYTES  # never nothing, which something is divided by
    for node in itertools.chain.from_iterable(network._nodes_by_depth.values()):
        if isinstance(node.operation, keras.Model):
            made += activation_bytes(node.operation)
        made += sum(map(_size, node.outputs))
    return made


def _applied(operation: Any, values: Any, settings: dict[str, Any]) -> Any:
    if _opens(operation):
        return answer(operation, *keras.tree.flatten(values))
    if getattr(operation, "_call_has_training_arg", False):
        settings = {**settings, "training": False}
    return operation(*values, **settings)


def _opens(operation: Any) -> bool:
    """Whether an operation is a functional model with one input."""
    return hasattr(operation, "_nodes_by_depth") and len(operation.inputs) == 1


def _walk(network: keras.Model) -> Iterator[tuple[Any, list[int]]]:
    """Calls of layers in order, and which tensors none needs after each, by ``id``."""
    depths = sorted(network._nodes_by_depth, reverse=True)
    nodes = [node for depth in depths for node in network._nodes_by_depth[depth]]
    calls = [node for node in nodes if node.operation and not node.is_input]
    left = Counter(id(tensor) for tensor in network.outputs)
    for node in calls:
        left.update(id(tensor) for tensor in node.input_tensors)
    for node in calls:
        left.subtract(id(tensor) for tensor in node.input_tensors)
        touched = (*node.input_tensors, *node.outputs)
        yield node, [id(each) for each in touched if left[id(each)] == 0]


def _size(tensor: Any) -> int:
    return _BYTES * math.prod(size or 1 for size in tensor.shape[1:])
