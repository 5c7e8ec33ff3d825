"""Operators on images."""

from __future__ import annotations

import math
from typing import Any

from keras import layers

from repair.network.operation import Operation
from repair.reading.rebuilt.limits import MAX_ACTIVATIONS
from repair.reading.rebuilt.operators.use import Use

_MAX_SIDE, _MAX_BLOCK = 1 << 16, 1 << 10


def resize(use: Use) -> Any:
    """Images of another size."""
    size = use.whole(1, "size")
    method = use.operand(2, "interpolation", "method", default="bilinear")
    doubtful = ("antialias", "preserve_aspect_ratio", "crop_to_aspect_ratio")
    if use.has(*doubtful, "pad_to_aspect_ratio") or "align_corners" in use.settings:
        raise use.unfit()  # the last is TensorFlow 1, whose pixels lie elsewhere
    use.setting("fill_mode"), use.setting("fill_value")  # of what is padded
    if len(size) != 2 or method not in ("bilinear", "nearest", "bicubic"):
        raise use.unfit()
    layer = layers.Resizing(*size, interpolation=method, name=use.name)
    return use.apply(layer, use.tensor)


def grey(use: Use) -> Any:
    """One channel of three."""
    if use.tensor.shape[-1] != 3:
        raise use.unfit()
    return use.operated("grey")


def standardized(use: Use) -> Any:
    """Each image less its mean, by its deviation, which counts as no less than 1/sqrt(size)."""
    x, name = use.tensor, use.name
    if len(x.shape) != 4:
        raise use.unfit()

    def part(function: str, *tensors: Any, **settings: Any) -> Any:
        made = Operation(function, settings, name=f"{name}.{function}")
        return use.apply(made, *tensors)

    axes = {"axis": [1, 2, 3], "keepdims": True}
    least = math.prod(x.shape[1:]) ** -0.5
    deviation = part("clip", part("std", x, **axes), low=least, high=None)
    centred = layers.Subtract(name=f"{name}.centred")
    return use.operated(
        "divide", use.apply(centred, x, part("mean", x, **axes)), deviation
    )


def patches(use: Use) -> Any:
    """Each image cut into smaller ones, whose pixels become channels."""
    size = use.whole(1, "size")
    size = size * 2 if len(size) == 1 else size
    strides = use.operand(2, "strides")
    strides = size if strides is None else strides
    strides = [strides] * 2 if type(strides) is int else list(strides)
    padding = str(use.operand(4, "padding", default="valid"))
    fine = len(size) == len(strides) == 2 and padding in ("valid", "same")
    fine = fine and use.operand(3, "dilation_rate", default=1) in (1, [1, 1])
    if not fine or not all(type(x) is int and x > 0 for x in (*size, *strides)):
        raise use.unfit()
    pixels = size[0] * size[1] * use.tensor.shape[-1]
    if (
        pixels**2 > MAX_ACTIVATIONS
    ):  # Keras convolves with an identity of so many values
        raise use.unfit()
    return use.operated("patches", size=size, strides=strides, padding=padding)


def pooled(kind: type) -> Any:
    """A pooling of 2 x 2 or the like."""

    def operator(use: Use) -> Any:
        size = _sides(use, use.operand(1, "pool_size", "ksize"))
        strides = use.operand(2, "strides")
        strides = size if strides is None else _sides(use, strides)
        padding = str(use.operand(3, "padding", default="valid")).lower()
        if padding not in ("valid", "same"):
            raise use.unfit()
        return use.apply(kind(size, strides, padding, name=use.name), use.tensor)

    return operator


def _sides(use: Use, value: Any) -> list[int]:
    """Rows and columns, of one number, two, or four with images and channels."""
    sides = value if isinstance(value, list) else [value]
    if len(sides) == 4 and sides[0] == sides[3] == 1:
        sides = sides[1:3]
    sides = sides * 2 if len(sides) == 1 else sides
    if len(sides) != 2 or not all(type(x) is int and 0 < x <= _MAX_SIDE for x in sides):
        raise use.unfit()
    return sides


def blocks(function: str) -> Any:
    """Places to channels, or back."""

    def operator(use: Use) -> Any:
        (block,) = use.whole(1, "block_size")[:1] or [0]
        _, rows, columns, channels = (*use.tensor.shape, 0, 0, 0)[:4]
        sides = (rows, columns) if function == "space_to_depth" else (channels, block)
        whole = (
            1 < block <= _MAX_BLOCK and not sides[0] % block and not sides[1] % block
        )
        if function == "depth_to_space" and whole:
            whole = channels % block**2 == 0
        if len(use.tensor.shape) != 4 or not whole:
            raise use.unfit()
        return use.operated(function, block=block)

    return operator
