"""What a network ends in: the activation, and whether its scores are a mean of several."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

# What scores come out of that are not probabilities yet.
LOGITS = ("linear", "log_softmax", None)
_PASSING = (layers.Dropout, layers.Identity)


def share_of(
    scores: Any, end: str, seen: dict[int, float | None] | None = None
) -> float | None:
    """What all scores add up to where they are a mean or a sum of softmaxes, else None.

    Args:
        scores: A tensor of the graph.
        end: What the softmaxes are, or one sigmoid's.
        seen: The answers so far, for each tensor once.
    """
    seen = {} if seen is None else seen
    if id(scores) not in seen:
        seen[id(scores)] = _share_of(scores, end, seen)
    return seen[id(scores)]


def _share_of(scores: Any, end: str, seen: dict[int, float | None]) -> float | None:
    layer = scores._keras_history.operation
    if isinstance(layer, layers.Add | layers.Average):  # of several networks
        shares = [share_of(tensor, end, seen) for tensor in layer.input]
        known = [share for share in shares if share is not None]
        if len(known) < len(shares):
            return None
        return sum(known) / (len(known) if isinstance(layer, layers.Average) else 1)
    if isinstance(layer, layers.Rescaling) and type(layer.scale) in (int, float):
        fine = layer.scale > 0 and layer.offset == 0
        share = share_of(layer.input, end, seen) if fine else None
        return None if share is None else share * layer.scale
    if isinstance(layer, _PASSING):
        return share_of(layer.input, end, seen)
    return 1.0 if end_of(scores) == end else None


def end_of(scores: Any) -> str | None:
    """The activation that scores come out of, None where there is none."""
    layer = scores._keras_history.operation
    while isinstance(layer, _PASSING) or _is_linear(layer):
        layer = layer.input._keras_history.operation
    if isinstance(layer, layers.Softmax):
        return "softmax"
    if isinstance(layer, layers.ReLU):
        return "relu"
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", None)


def of_sigmoids(scores: Any) -> bool:
    """Whether scores come out of sigmoids alone, through layers without weights."""
    found, seen, waiting = [], set(), [scores]
    while waiting:
        layer = waiting.pop()._keras_history.operation
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        is_sigmoid = getattr(layer, "activation", None) is keras.activations.sigmoid
        has_weights = bool(getattr(layer, "weights", ()))
        if is_sigmoid or has_weights or isinstance(layer, layers.InputLayer):
            found.append(is_sigmoid)
        else:
            waiting += keras.tree.flatten(layer.input)
    return all(found)


def _is_linear(layer: keras.Layer) -> bool:
    return (
        isinstance(layer, layers.Activation)
        and layer.activation is keras.activations.linear
    ) or isinstance(layer, layers.Flatten | layers.Reshape)
