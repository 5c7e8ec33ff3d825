"""Operators that put the values of a tensor elsewhere, or there several times.

Each axis is one list of places, as many as a list of constants may have; and what comes out
is counted before it is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
from keras import layers

from repair.network.operation import Operation
from repair.reading.rebuilt.limits import MAX_ACTIVATIONS
from repair.reading.rebuilt.operators.use import MAX_CONSTANTS, Use


def grey_to_rgb(use: Use) -> Any:
    """Three channels of one."""
    if use.tensor.shape[-1] != 1:
        raise use.unfit()
    return _placed(use, {len(use.tensor.shape) - 1: [0, 0, 0]})


def repeat(use: Use) -> Any:
    """Each value of one axis several times: 0, 0, 1, 1."""
    (times,), (axis,) = use.whole(1, "repeats"), use.whole(2, "axis")
    size = _size(use, axis)
    _check_count(use, size, times)
    return _placed(use, {axis: np.repeat(np.arange(size), times).tolist()})


def tile(use: Use) -> Any:
    """All of an axis several times: 0, 1, 0, 1."""
    rank, times = len(use.tensor.shape), use.whole(1, "repeats", "multiples")
    times = [1] * (rank - len(times)) + times
    if len(times) != rank or times[0] != 1:  # images are no more than they were
        raise use.unfit()
    places: dict[int, Any] = {}
    for axis in range(1, rank):
        size = _size(use, axis)
        _check_count(use, size, times[axis])
        places[axis] = list(range(size)) * times[axis]
    return _placed(use, places)


def roll(use: Use) -> Any:
    """The values of some axes moved on, the last ones to the beginning."""
    shifts, axes = use.whole(1, "shift"), use.whole(2, "axis")
    if len(shifts) != len(axes):
        raise use.unfit()
    places: dict[int, Any] = {}
    for shift, axis in zip(shifts, axes, strict=True):
        axis %= len(use.tensor.shape)
        before = places.get(axis, list(range(_size(use, axis))))
        places[axis] = np.roll(before, shift).tolist()
    return _placed(use, places)


def pad(use: Use) -> Any:
    """Zeros around an image, or beside any axis of it."""
    widths = use.operand(1, "pad_width", "paddings")
    mode = str(use.operand(2, "mode", default="constant")).lower()
    value = use.operand(3, "constant_values", default=0)
    shape = use.tensor.shape
    fine = isinstance(widths, list) and len(widths) == len(shape)
    if not fine or mode != "constant" or value not in (0, None):
        raise use.unfit()
    pairs = [list(width) if isinstance(width, list) else [] for width in widths]
    if any(len(pair) != 2 for pair in pairs) or pairs[0] != [0, 0]:
        raise use.unfit()
    if not all(type(x) is int and 0 <= x <= MAX_ACTIVATIONS for x in chain(*pairs)):
        raise use.unfit()
    sizes = zip(shape[1:], pairs[1:], strict=True)
    _check_values(use, (size + sum(pair) for size, pair in sizes))
    if len(shape) == 4 and pairs[3] == [0, 0]:
        return use.apply(layers.ZeroPadding2D(pairs[1:3], name=use.name), use.tensor)
    return use.operated("pad", widths=pairs)


def filled(value: float) -> Any:
    """An operator whose result has this value everywhere."""

    def operator(use: Use) -> Any:
        kind = use.operand(1, "dtype")
        if kind is not None and not str(kind).startswith("float"):
            raise use.unfit()
        return use.apply(layers.Rescaling(0.0, value, name=use.name), use.tensor)

    return operator


def _size(use: Use, axis: int) -> int:
    rank = len(use.tensor.shape)
    size = use.tensor.shape[axis] if -rank <= axis < rank and axis % rank else None
    if size is None:
        raise use.unfit()
    return int(size)


def _check_count(use: Use, size: int, times: int) -> None:
    if times < 1 or size * times > MAX_CONSTANTS:
        raise use.unfit()


def _check_values(use: Use, sizes: Iterable[int]) -> None:
    if math.prod(sizes) > MAX_ACTIVATIONS:
        raise use.unfit()


def _placed(use: Use, places: dict[int, list[int]]) -> Any:
    """What stands at these places of each axis."""
    tensor, rank = use.tensor, len(use.tensor.shape)
    places = {axis % rank: listed for axis, listed in places.items()}
    shape = dict(enumerate(tensor.shape)) | {i: len(x) for i, x in places.items()}
    _check_values(use, (shape[axis] for axis in range(1, rank)))
    for axis, listed in places.items():
        if listed != list(range(tensor.shape[axis])):
            settings = {"places": listed, "axis": axis}
            layer = Operation("gather", settings, name=f"{use.name}.{axis}")
            tensor = use.apply(layer, tensor)
    return use.apply(layers.Identity(name=use.name), tensor)
