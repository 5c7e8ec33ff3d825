"""What a layer is called with: its inputs in their order, and what its call is told.

Some calls change what a layer says of its inputs: a causal mask is told of, another mask is
refused. Whether a network was called as in training is not: it is asked as at inference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from repair.errors import ModelError
from repair.network.causal import CAUSAL

_ATTENTION = "MultiHeadAttention"
_INPUTS = ("query", "value", "key")
# Attention scores are a second result, and only the first one can be used.
_HARMLESS = ("training", "return_attention_scores")


def called_with(
    kind: str, name: str, values: list[Any], keywords: Mapping[str, Any]
) -> tuple[list[Any], bool]:
    """The tensors that a layer takes, and whether it shall keep a causal mask.

    Args:
        kind: Class of the layer.
        name: Of the layer, for messages.
        values: What the file calls it with, tensors among it.
        keywords: The same by name.

    Raises:
        ModelError: If something else than its inputs changes its answer.
    """
    rest = {
        key: value
        for key, value in keywords.items()
        if key not in _HARMLESS and not _says_nothing(value)
    }
    count = len(_INPUTS) if kind == _ATTENTION else 1
    tensors = _tensors(values[:count])
    if kind == _ATTENTION:
        for key in _INPUTS[len(tensors) :]:
            tensors += _tensors([rest.pop(key, None)])
    elif not tensors:
        named = [key for key, value in rest.items() if _tensors([value])]
        for key in named[:1]:
            tensors = _tensors([rest.pop(key)])
    is_causal = kind in CAUSAL and rest.get("use_causal_mask") is True
    if is_causal:
        del rest["use_causal_mask"]
    if rest or _tensors(values[count:]):
        what = next(iter(rest), "a mask")
        raise ModelError(
            f"layer {name!r}: expected a call with inputs alone. Received: {what} as well, "
            "which changes its answer. Save a network that does without it."
        )
    return tensors, is_causal


def _says_nothing(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_says_nothing, value))
    return value is None or value is False


def _tensors(values: list[Any]) -> list[Any]:
    """The tensors among values, lists unpacked."""
    found = []
    for value in values:
        if isinstance(value, list):
            found += _tensors(value)
        elif keras.backend.is_keras_tensor(value):
            found.append(value)
    return found
