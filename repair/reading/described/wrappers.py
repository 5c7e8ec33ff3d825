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
SPECTRAL = "SpectralNormalization"
_ONE_KERNEL = ("Conv1D", "Conv2D", "Conv2DTranspose", "Dense", "EinsumDense")


def unwrapped(part: Part) -> Part:
    """A layer without what is around it; others as they are.

    A ``SpectralNormalization`` changes its layer's kernel while that is trained, and takes
    it as it is when it answers.

    Raises:
        ModelError: If it is none that does the same without.
    """
    if part.own:
        return part
    if part.kind == SPECTRAL:
        return _of_one_kernel(part)
    if part.kind != "TimeDistributed":
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


def _of_one_kernel(part: Part) -> Part:
    inner = part_from(part.config.get("layer"))
    if inner.kind not in _ONE_KERNEL or inner.own:
        raise ModelError(
            f"layer {part.name[:60]!r} is a {SPECTRAL} of {inner.kind[:60]!r}, which is not "
            f"supported. Expected one of: {', '.join(_ONE_KERNEL)}."
        )
    return replace(inner, name=part.name)


def _moved(axis: Any) -> Any:
    """An axis of one step, as tf.keras counts it from the front, among those of all steps."""
    if isinstance(axis, list):
        return [_moved(each) for each in axis]
    return axis + 1 if type(axis) is int and axis >= 0 else axis
