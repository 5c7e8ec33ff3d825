"""Layers that wrap another one which does the work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from repair.errors import ModelError
from repair.reading.described.parts import Part, part_from

# Layers that see the last axis alone, so that they do the same with and without.
_EACH_PLACE = (
    *("Activation", "BatchNormalization", "Dense", "Dropout", "ELU"),
    *("LayerNormalization", "LeakyReLU", "ReLU"),
)


def unwrapped(part: Part) -> Part:
    """A layer without a ``TimeDistributed`` around it; others as they are.

    Raises:
        ModelError: If it holds a layer that looks at more than one place.
    """
    if part.kind != "TimeDistributed" or part.own:
        return part
    inner = part_from(part.config.get("layer"))
    if inner.kind not in _EACH_PLACE or inner.own:
        raise ModelError(
            f"layer {part.name[:60]!r} is a TimeDistributed of {inner.kind[:60]!r}, which is "
            f"not supported. Expected one of: {', '.join(_EACH_PLACE)}."
        )
    config = {**inner.config}
    if "axis" in config:
        config["axis"] = _moved(config["axis"])
    return replace(inner, name=part.name, config=config)


def _moved(axis: Any) -> Any:
    """An axis of one step, as tf.keras counts it from the front, among those of all steps."""
    if isinstance(axis, list):
        return [_moved(each) for each in axis]
    return axis + 1 if type(axis) is int and axis >= 0 else axis
