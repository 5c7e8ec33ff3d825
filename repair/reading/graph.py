"""Rebuilds a network's graph from the description in its file.

The three spellings of ``inbound_nodes`` (Keras 2's nested lists, Keras 3's tensors, and
none at all in a ``Sequential``) are brought to one: layer name -> names of its inputs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import keras
from keras import activations, layers

from repair.errors import ModelError
from repair.reading.layer_list import MERGING, layer_from_config

_MAX_LAYERS = 500
_MAX_SIDE = 2048
_CHANNELS = (1, 3, 4)
_MAX_ACTIVATIONS = 100_000_000
_MAX_GROWTH = 64  # activations of an image per value of that image


def build_graph(
    description: Any,
    weights: Mapping[str, list[Any]],
    *,
    output: str | None = None,
    image_shape: tuple[int, int, int] | None = None,
) -> keras.Model:
    """The network that ``description`` describes, with untrained weights.

    Args:
        description: The ``model_config`` of a Keras file, parsed from JSON.
        weights: Per layer name arrays, or what has their shape and size; a layer wider
            than its own weights is refused before memory is taken for it.
        output: Name of the layer whose output is wanted, where there are several.
        image_shape: Rows, columns and channels, for a network that takes any size.

    Raises:
        ModelError: If the description is malformed, cyclic, too large, has more than
            one input or output, or holds a layer that is not on the allow-list.
    """
    try:
        return _build(description, weights, output, image_shape)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as reason:
        raise ModelError(
            "the model description is not one of a plain Keras network. "
            f"Received: {type(reason).__name__} in it."
        ) from reason


def _build(
    description: Mapping[str, Any],
    weights: Mapping[str, list[Any]],
    wanted: str | None,
    image_shape: tuple[int, int, int] | None,
) -> keras.Model:
    entries, inputs, output = _entries(description, wanted)
    if len(entries) > _MAX_LAYERS:
        raise ModelError(f"expected at most {_MAX_LAYERS} layers, {len(entries)}.")
    tensors: dict[str, Any] = {}
    images = None
    scores: dict[str, bool] = {}
    for entry in entries:
        class_name, config = str(entry["class_name"]), entry["config"]
        name = config["name"]
        _check_name(name)
        if name in tensors:
            raise ModelError(
                f"expected different layer names. Received: {name!r} twice."
            )
        if class_name == "InputLayer":
            if images is not None:
                raise ModelError("expected one input. Received: several.")
            images = tensors[name] = keras.Input(
                _input_shape(config, image_shape), name=name
            )
            continue
        layer = layer_from_config(class_name, config)
        before = [tensors[i] for i in inputs[name]]
        _check_inputs(layer, class_name, before)
        _check_growth(layer, before, images)
        _check_kernel(layer, before[0], weights.get(name, []))
        tensors[name] = layer(before if class_name in MERGING else before[0])
        scores[name] = _gives_probabilities(layer)
    result = tensors[output]
    if images is None or len(result.shape) != 2:
        raise ModelError("expected a classifier of images, one score per label.")
    if not scores[output]:
        raise ModelError(f"expected softmax as the last layer. Received: {output!r}.")
    return keras.Model(images, result, name="network")


def _entries(
    description: Mapping[str, Any], wanted: str | None
) -> tuple[list[Any], dict[str, list[str]], str]:
    """Layers in an order in which each comes after its inputs, inputs, and output."""
    config = description["config"]
    if description["class_name"] == "Sequential":
        entries = _sequence(config if isinstance(config, list) else config["layers"])
        names = [entry["config"]["name"] for entry in entries]
        inputs = {b: [a] for a, b in itertools.pairwise(names)}
        return entries, inputs, names[-1]
    if description["class_name"] not in ("Model", "Functional"):
        raise ModelError(
            "expected a Sequential or functional model. Received: "
            f"{str(description['class_name'])[:60]!r}."
        )
    entries = list(config["layers"])[: _MAX_LAYERS + 1]
    inputs = {e["config"]["name"]: _input_names(e["inbound_nodes"]) for e in entries}
    outputs = config["output_layers"]
    return _ordered(entries, inputs), inputs, _single(outputs, wanted)


def _sequence(entries: list[Any]) -> list[Any]:
    """The layers of a Sequential, with an InputLayer in front."""
    first = entries[0]
    if first["class_name"] == "InputLayer":
        return entries
    config = {**first["config"], "name": "input"}
    return [{"class_name": "InputLayer", "config": config}, *entries]


def _input_names(nodes: list[Any]) -> list[str]:
    """The layers that feed a layer which is used once."""
    if len(nodes) > 1:
        raise ModelError("expected each layer to be used once. Received: more.")
    if not nodes:
        return []
    if isinstance(nodes[0], Mapping):  # Keras 3
        arguments = nodes[0]["args"][0]
        tensors = arguments if isinstance(arguments, list) else [arguments]
        return [tensor["config"]["keras_history"][0] for tensor in tensors]
    return [node[0] for node in nodes[0]]


def _single(outputs: Any, wanted: str | None) -> str:
    """The name of the only output; Keras writes [name, 0, 0] or [[name, 0, 0]]."""
    every = [outputs] if isinstance(outputs[0], str) else list(outputs)
    names = [str(each[0]) for each in every]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        raise ModelError(
            "expected one output. Name one of several with --output NAME. "
            f"Received: {', '.join(names)[:200]}."
        )
    return wanted


def _ordered(entries: list[Any], inputs: Mapping[str, list[str]]) -> list[Any]:
    waiting, ordered = list(entries), []
    done: set[str] = set()
    while waiting:
        ready = [e for e in waiting if done.issuperset(inputs[e["config"]["name"]])]
        if not ready:
            raise ModelError("the graph has a cycle, or names a layer it lacks.")
        ordered += ready
        done |= {e["config"]["name"] for e in ready}
        waiting = [e for e in waiting if e["config"]["name"] not in done]
    return ordered


def _check_name(name: Any) -> None:
    fine = isinstance(name, str) and 0 < len(name) <= 100
    # Layers that are added later have a dot in their names, so that none can clash.
    if not fine or not name.replace("_", "").replace("-", "").isalnum():
        raise ModelError(f"unusable layer name. Received: {str(name)[:60]!r}.")


def _input_shape(
    config: Mapping[str, Any], told: tuple[int, int, int] | None
) -> tuple[int, int, int]:
    """The shape in the file; what that leaves open is as told."""
    shape = list(config.get("batch_input_shape") or config["batch_shape"])
    if None in shape[1:]:
        if told is None:
            raise ModelError(
                "takes images of any size. Expected to be told theirs, by the data or by "
                f"--image-shape. Received: shape {shape}."
            )
        pairs = zip(shape[1:], told, strict=True)
        shape[1:] = [given if size is None else size for size, given in pairs]
    rows, columns, channels = (int(size) for size in shape[1:])
    fine = 0 < rows <= _MAX_SIDE and 0 < columns <= _MAX_SIDE
    if not fine or channels not in _CHANNELS:
        raise ModelError(
            f"expected images of at most {_MAX_SIDE} pixels a side, channels last: grey, "
            f"RGB or RGBA. Received: shape {shape}."
        )
    return rows, columns, channels


def _check_inputs(layer: keras.Layer, class_name: str, inputs: list[Any]) -> None:
    if not inputs or (len(inputs) > 1) != (class_name in MERGING):
        raise ModelError(f"layer {layer.name!r} has {len(inputs)} inputs.")
    axis = getattr(layer, "axis", None)
    if isinstance(axis, int) and axis % len(inputs[0].shape) == 0:
        raise ModelError(f"layer {layer.name!r} mixes images, along axis {axis}.")


def _check_growth(layer: keras.Layer, inputs: list[Any], images: Any) -> None:
    """Refuses activations that only a bomb needs."""
    most = min(_MAX_ACTIVATIONS, _MAX_GROWTH * math.prod(images.shape[1:]))
    for tensor in inputs:
        if math.prod(size or 1 for size in tensor.shape) > most:
            raise ModelError(
                f"layer {layer.name!r} has too large an input. Expected at most "
                f"{most:,} values an image. Received: {tensor.shape[1:]}."
            )


def _gives_probabilities(layer: keras.Layer) -> bool:
    activation = getattr(layer, "activation", None)
    return isinstance(layer, layers.Softmax) or activation is activations.softmax


def _check_kernel(layer: keras.Layer, tensor: Any, arrays: list[Any]) -> None:
    """Holds a declared kernel against the stored one, before memory is taken for it."""
    match layer:
        case layers.Dense():
            factors = (layer.units,)
        case layers.DepthwiseConv2D():
            factors = (*layer.kernel_size, layer.depth_multiplier)
        case layers.Conv2D():
            factors = (*layer.kernel_size, layer.filters)
        case _:
            return
    declared = math.prod(factors) * tensor.shape[-1]
    if not arrays or declared != arrays[0].size:
        raise ModelError(
            f"layer {layer.name!r} declares a kernel of {declared:,} values. Expected as "
            f"many as the file stores. Received: {[array.shape for array in arrays]}."
        )
