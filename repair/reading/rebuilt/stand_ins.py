"""Layers of ``keras.applications`` and Keras that other layers stand for here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers

from repair.errors import ModelError
from repair.reading.described.nested import Step
from repair.reading.described.parts import Part
from repair.reading.described.plain_values import plain
from repair.reading.described.writer import Version

Apply = Callable[..., Any]
StandIn = Callable[[Step, list[Any], Apply], Any]
_MAX_NUMBERS = 1 << 12  # of one Normalization
_MOST_SIDE = 2048
_TINY = 1e-14  # what Keras' Normalization keeps a variance above


def _normalization(step: Step, tensors: list[Any], apply: Apply) -> Any:
    """(x - mean) / deviation, of numbers that lie in the weights or in the settings."""
    config = step.part.config
    rank = len(tensors[0].shape) if tensors else 0
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if config.get("invert") or axis not in (-1, rank - 1, None, []):
        raise ModelError(
            f"layer {step.name!r}: expected a Normalization of channels, the last axis. "
            f"Received: axis {str(config.get('axis'))[:40]}, invert "
            f"{str(config.get('invert'))[:20]}."
        )
    if config.get("mean") is not None:
        mean, variance = (
            _numbers(step, config.get(key)) for key in ("mean", "variance")
        )
        deviation = np.maximum(np.sqrt(variance), 1e-7)
        scale, offset = 1 / deviation, -mean / deviation
        layer = layers.Rescaling(scale.tolist(), offset.tolist(), name=step.name)
        return apply(layer, *tensors)
    norm = layers.BatchNormalization(
        center=False, scale=False, epsilon=_TINY, name=step.name, trainable=False
    )
    if axis not in (None, []):
        return apply(norm, *tensors)
    shape = tensors[0].shape[1:]  # one mean for all values
    column = layers.Reshape((-1, 1), name=f"{step.name}.column")(tensors[0])
    return layers.Reshape(shape, name=f"{step.name}.back")(apply(norm, column))


def _numbers(step: Step, value: Any) -> np.ndarray:
    try:
        array = np.asarray(plain(value, lambda _: None), np.float64).reshape(-1)
    except (TypeError, ValueError) as reason:
        raise ModelError(f"layer {step.name!r}: expected numbers as mean.") from reason
    if not np.isfinite(array).all() or not 0 < array.size <= _MAX_NUMBERS:
        raise ModelError(f"layer {step.name!r}: expected a few finite numbers as mean.")
    return array


def _layer_scale(step: Step, tensors: list[Any], apply: Apply) -> Any:
    """ConvNeXt's factor for each channel."""
    layer = layers.DepthwiseConv2D(1, use_bias=False, name=step.name)
    return apply(layer, *tensors)


def _scaled_sum(step: Step, tensors: list[Any], apply: Apply) -> Any:
    """InceptionResNet's x + scale * y."""
    scale = step.part.config.get("scale")
    if type(scale) not in (int, float) or len(tensors) != 2:
        raise ModelError(
            f"layer {step.name!r}: expected two inputs and a scale. Received: "
            f"{str(scale)[:40]!r}."
        )
    scaled = layers.Rescaling(scale, name=f"{step.name}.scaled")(tensors[1])
    return apply(layers.Add(name=step.name), tensors[0], scaled)


def _nothing(step: Step, tensors: list[Any], apply: Apply) -> Any:
    return apply(layers.Identity(name=step.name), *tensors)


def _cut_and_resized(step: Step, tensors: list[Any], apply: Apply) -> Any:
    """RandomCrop as Keras 3.6 and 3.7 answer: a piece from the middle, resized if too small."""
    config = step.part.config
    wanted = (config.get("height"), config.get("width"))
    fine = len(tensors) == 1 and len(tensors[0].shape) == 4
    if not fine or not all(type(x) is int and 0 < x <= _MOST_SIDE for x in wanted):
        raise ModelError(
            f"layer {step.name!r}: expected a RandomCrop of images to at most {_MOST_SIDE} "
            f"pixels a side. Received: {str(wanted)[:60]}."
        )
    (height, width), (rows, columns) = wanted, tensors[0].shape[1:3]
    largest = (columns * height // width, rows * width // height)
    starts = [
        (given - max(min(given, side), 1)) // 2
        for given, side in zip((rows, columns), largest, strict=True)
    ]
    around = [
        (start, max(given - start - side, 0))
        for start, given, side in zip(starts, (rows, columns), wanted, strict=True)
    ]
    piece = apply(layers.Cropping2D(around, name=f"{step.name}.piece"), *tensors)
    return layers.Resizing(*wanted, name=step.name)(piece)


_STAND_INS: Mapping[str, StandIn] = {
    "CustomScaleLayer": _scaled_sum,
    "LayerScale": _layer_scale,
    "Normalization": _normalization,
    "RandomCrop": _cut_and_resized,
    "StochasticDepth": _nothing,
}
# By these settings the classes of keras.applications are known where no module is named.
_SETTINGS = {
    "CustomScaleLayer": {"scale"},
    "LayerScale": {"init_values", "projection_dim"},
    "StochasticDepth": {"drop_path_rate"},
}


def stand_in_for(part: Part, keras_version: Version) -> StandIn | None:
    """What stands for a layer, None if it stands for itself, or is only called otherwise."""
    if part.kind == "RandomCrop" and not (3, 6) <= keras_version < (3, 8):
        return None
    of_keras = part.module.startswith("keras") and ".applications." in part.module
    if part.kind in _SETTINGS and not of_keras:
        if part.module or not _SETTINGS[part.kind] <= set(part.config):
            return None
    elif part.own and not of_keras:
        return None
    return _STAND_INS.get(part.kind)


def stored_by(part: Part, layer: keras.Layer) -> list[tuple[int, ...]]:
    """The shapes in which a file stores the weights of a layer."""
    shapes = [tuple(variable.shape) for variable in layer.weights]
    if part.kind == "Normalization" and shapes:
        one = part.config.get("axis", -1) in (None, [])  # for all channels
        return [*([()] * 2 if one else shapes), ()]  # and how many images were counted
    if part.kind == "LayerScale":
        return [(shapes[0][2],)]
    return shapes


def weights_for(
    part: Part, layer: keras.Layer, values: list[np.ndarray]
) -> list[np.ndarray]:
    """A layer's stored weights in the shapes of what stands for it here."""
    if part.kind == "Normalization":
        wanted = [variable.shape for variable in layer.weights]
        return [
            np.broadcast_to(value, shape)
            for value, shape in zip(values, wanted, strict=False)
        ]
    if part.kind == "LayerScale":
        return [values[0].reshape(1, 1, -1, 1)]
    return values
