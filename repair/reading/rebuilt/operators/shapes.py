"""Operators that put the values of tensors into another shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers

from repair.reading.rebuilt.operators.matrices import as_matrix, unpacked
from repair.reading.rebuilt.operators.sizes import begun_with
from repair.reading.rebuilt.operators.use import Use, is_tensor


def concatenate(use: Use) -> Any:
    """Tensors side by side along one axis, which is not that of the images."""
    return _joined(use, use.operand(0, "values", "xs", "arrays"), _axis(use, default=0))


def stack(use: Use) -> Any:
    """Tensors side by side along a new axis, which is not that of the images."""
    tensors = use.operand(0, "values", "x")
    if not isinstance(tensors, list) or not all(is_tensor(each) for each in tensors):
        raise use.unfit()
    axis, rank = _axis(use, default=0), len(tensors[0].shape) + 1
    if not -rank <= axis < rank or axis % rank == 0:
        raise use.unfit()
    axis %= rank
    widened = []
    for index, each in enumerate(tensors):
        shape = (*each.shape[1:axis], 1, *each.shape[axis:])
        layer = layers.Reshape(shape, name=f"{use.name}.{index}")
        widened.append(use.apply(layer, each))
    return _joined(use, widened, axis)


def _joined(use: Use, tensors: Any, axis: int) -> Any:
    if not isinstance(tensors, list) or not all(is_tensor(each) for each in tensors):
        raise use.unfit()
    if len(tensors) == 1:
        return use.apply(layers.Identity(name=use.name), tensors[0])
    if not tensors or axis % len(tensors[0].shape) == 0:
        raise use.unfit()
    return use.apply(layers.Concatenate(axis, name=use.name), *tensors)


def _axis(use: Use, default: int) -> int:
    axis = use.operand(1, "axis", default=default)
    if type(axis) is not int:
        raise use.unfit()
    return axis


def reshape(use: Use) -> Any:
    """Another shape for each image."""
    use = unpacked(use)
    if (matrix := as_matrix(use)) is not None:
        return matrix
    first, *others = begun_with(use)
    if not all(type(size) is int and abs(size) < 1 << 26 for size in (first, *others)):
        raise use.unfit()
    if first != -1 and others.count(-1) != 1:
        raise use.unfit()
    size = np.prod(use.tensor.shape[1:], dtype=np.int64)
    if others.count(-1) == 0 and np.prod(others, dtype=np.int64) != size:
        raise use.unfit()  # it would mix images
    return use.apply(layers.Reshape(others, name=use.name), use.tensor)


def expand_dims(use: Use) -> Any:
    """A new axis of length 1."""
    shape = list(use.tensor.shape)
    axis = _axis(use, default=-1) % (len(shape) + 1)
    if axis == 0:
        raise use.unfit()
    shape.insert(axis, 1)
    return use.apply(layers.Reshape(shape[1:], name=use.name), use.tensor)


def squeeze(use: Use) -> Any:
    """Without axes of length 1."""
    shape = use.tensor.shape
    axes = {axis % len(shape) for axis in use.whole(1, "axis")}
    if 0 in axes or any(shape[axis] != 1 for axis in axes):
        raise use.unfit()
    kept = [size for axis, size in enumerate(shape) if axis not in axes]
    return use.apply(layers.Reshape(kept[1:], name=use.name), use.tensor)


def transpose(use: Use) -> Any:
    """The axes of each image in another order."""
    first, *others = use.whole(1, "axes", "perm")
    if first != 0:
        raise use.unfit()
    return use.apply(layers.Permute(others, name=use.name), use.tensor)


def swap_axes(use: Use) -> Any:
    """Two axes of each image in each other's place."""
    rank = len(use.tensor.shape)
    order = list(range(rank))
    first, second = use.whole(1, "axis1") + use.whole(2, "axis2")
    order[first], order[second] = order[second], order[first]
    if order[0] != 0:
        raise use.unfit()
    return use.apply(layers.Permute(order[1:], name=use.name), use.tensor)


def flatten(use: Use) -> Any:
    """All values of an image in one row."""
    return use.apply(layers.Flatten(name=use.name), use.tensor)
