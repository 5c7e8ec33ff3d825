"""Operators that change the shape of a tensor, or choose from it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from repair.reading.rebuilt.operator_use import Use, is_tensor


def concatenate(use: Use) -> Any:
    """Tensors side by side along one axis, which is not that of the images."""
    return _joined(use, use.operand(0, "values", "xs", "arrays"), _axis(use, default=0))


def stack(use: Use) -> Any:
    """Tensors side by side along a new last axis."""
    tensors = use.operand(0, "values", "x")
    if not isinstance(tensors, list) or not all(is_tensor(each) for each in tensors):
        raise use.unfit()
    if use.operand(1, "axis", default=0) not in (-1, len(tensors[0].shape)):
        raise use.unfit()
    widened = [
        use.apply(
            layers.Reshape((*each.shape[1:], 1), name=f"{use.name}.{index}"), each
        )
        for index, each in enumerate(tensors)
    ]
    return _joined(use, widened, -1)


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


def mean(use: Use) -> Any:
    """The mean over all places of an image, or all places of a sequence."""
    return _pooled(use, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling1D)


def highest(use: Use) -> Any:
    """The largest over all places of an image, or all places of a sequence."""
    return _pooled(use, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling1D)


def _pooled(use: Use, plane: type[keras.Layer], line: type[keras.Layer]) -> Any:
    rank = len(use.tensor.shape)
    axes = sorted(axis % rank for axis in use.whole(1, "axis"))
    kind = {(4, 1, 2): plane, (3, 1): line}.get((rank, *axes))
    if kind is None:
        raise use.unfit()
    kept = bool(use.operand(2, "keepdims", default=False))
    return use.apply(kind(keepdims=kept, name=use.name), use.tensor)


def reshape(use: Use) -> Any:
    """Another shape for each image."""
    first, *others = use.whole(1, "newshape", "shape")
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


def pad(use: Use) -> Any:
    """Zeros around an image."""
    widths = use.operand(1, "pad_width", "paddings")
    mode = str(use.operand(2, "mode", default="constant")).lower()
    value = use.operand(3, "constant_values", default=0)
    fine = isinstance(widths, list) and len(widths) == 4 == len(use.tensor.shape)
    if not fine or mode != "constant" or value not in (0, None):
        raise use.unfit()
    if any(width != [0, 0] for width in (widths[0], widths[3])):
        raise use.unfit()
    return use.apply(layers.ZeroPadding2D(widths[1:3], name=use.name), use.tensor)


def resize(use: Use) -> Any:
    """Images of another size."""
    size = use.whole(1, "size")
    method = use.operand(2, "interpolation", "method", default="bilinear")
    doubtful = ("antialias", "preserve_aspect_ratio", "crop_to_aspect_ratio")
    if any(use.settings.get(key) for key in (*doubtful, "pad_to_aspect_ratio")):
        raise use.unfit()
    if len(size) != 2 or method not in ("bilinear", "nearest", "bicubic"):
        raise use.unfit()
    layer = layers.Resizing(*size, interpolation=method, name=use.name)
    return use.apply(layer, use.tensor)


def get_item(use: Use) -> Any:
    """``x[:, a:b, c:d]``, ``x[..., ::-1]``, ``x[..., 0]`` and ``x[:, 0]``."""
    key = use.operand(1, "key", "slice_spec")
    tensor, rank = use.tensor, len(use.tensor.shape)
    items = list(key) if isinstance(key, list) else [key]
    if items.count(...) > 1 or len(items) > rank + 1:
        raise use.unfit()
    if ... in items:
        at = items.index(...)
        items[at : at + 1] = [slice(None)] * (rank + 1 - len(items))
    items += [slice(None)] * (rank - len(items))
    if items[0] != slice(None):  # that would choose images
        raise use.unfit()
    shape: list[int] = []
    for axis, item in enumerate(items[1:], start=1):
        if type(item) not in (int, slice):
            raise use.unfit()
        chosen = np.arange(tensor.shape[axis])[item]
        if not chosen.size:
            raise use.unfit()
        shape += [chosen.size] if isinstance(item, slice) else []
        tensor = _chosen(use, tensor, axis, np.atleast_1d(chosen))
    if len(shape) < rank - 1:
        return use.apply(layers.Reshape(shape, name=use.name), tensor)
    return use.apply(layers.Identity(name=use.name), tensor)


def _chosen(use: Use, tensor: Any, axis: int, places: np.ndarray) -> Any:
    """The places of one axis that are chosen."""
    size, rank = tensor.shape[axis], len(tensor.shape)
    if len(places) == size and (np.diff(places) == 1).all():
        return tensor
    name = f"{use.name}.{axis}"
    if axis == rank - 1:
        layer = layers.Dense(len(places), use_bias=False, name=name, trainable=False)
        chosen = use.apply(layer, tensor)
        layer.set_weights([np.eye(size, dtype=np.float32)[:, places]])
        return chosen
    if not (np.diff(places) == 1).all():
        raise use.unfit()
    ends = (int(places[0]), size - 1 - int(places[-1]))
    if rank == 3:
        return use.apply(layers.Cropping1D(ends, name=name), tensor)
    if rank == 4:
        cropping = (ends, (0, 0)) if axis == 1 else ((0, 0), ends)
        return use.apply(layers.Cropping2D(cropping, name=name), tensor)
    raise use.unfit()
