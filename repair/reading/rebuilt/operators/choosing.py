"""Operators that choose from a tensor: slices, pieces, the other way round."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers

from repair.network.operation import Operation
from repair.reading.rebuilt.operators.use import Use


def get_item(use: Use) -> Any:
    """``x[:, a:b, c:d]``, ``x[..., ::-1]``, ``x[..., 0]`` and ``x[:, 0]``."""
    key = use.operand(1, "key", "slice_spec")
    return _got(use, list(key) if isinstance(key, list) else [key])


def take(use: Use) -> Any:
    """Some places of one axis, or one."""
    places, axis = use.whole(1, "indices"), use.setting("axis")
    rank = len(use.tensor.shape)
    if type(axis) is not int or not -rank <= axis < rank or axis % rank == 0:
        raise use.unfit()
    use.setting("validate_indices")
    fine = use.setting("batch_dims") in (None, 0) and bool(places)
    size = use.tensor.shape[axis]
    if not fine or size is None or not all(-size <= x < size for x in places):
        raise use.unfit()
    if not isinstance(use.operand(1, "indices"), list):
        return _got(use, [slice(None)] * (axis % rank) + places)
    chosen = _chosen(use, use.tensor, axis % rank, np.arange(size)[places])
    return use.apply(layers.Identity(name=use.name), chosen)


def flip(use: Use) -> Any:
    """An axis the other way round."""
    items = [slice(None)] * len(use.tensor.shape)
    for axis in use.whole(1, "axis"):
        items[axis % len(items)] = slice(None, None, -1)
    return _got(use, items)


def split(use: Use) -> Any:
    """One of the pieces that a tensor is cut into along an axis."""
    (axis,) = use.whole(2, "axis")[:1] or [0]
    axis %= len(use.tensor.shape)
    size = use.tensor.shape[axis]
    cuts = use.operand(1, "indices_or_sections", "num_or_size_splits")
    if type(cuts) is int and 0 < cuts <= (size or 0) and size % cuts == 0:
        ends = list(range(0, size + 1, size // cuts))
    elif isinstance(cuts, list) and all(type(cut) is int for cut in cuts):
        sizes = "indices_or_sections" not in use.settings  # tf.keras means sizes
        ends = [0, *(np.cumsum(cuts).tolist() if sizes else [*cuts, size])]
    else:
        raise use.unfit()
    if use.number + 1 >= len(ends):
        raise use.unfit()
    piece = slice(ends[use.number], ends[use.number + 1])
    return _got(use, [slice(None)] * axis + [piece])


def _got(use: Use, items: list[Any]) -> Any:
    """What ``tensor[items]`` is; ``None`` among them makes a new axis."""
    tensor, rank = use.tensor, len(use.tensor.shape)
    given = sum(item is not None for item in items)
    if items.count(...) > 1 or given - items.count(...) > rank:
        raise use.unfit()
    if ... not in items:
        items = [*items, ...]
    at = items.index(...)
    items[at : at + 1] = [slice(None)] * (rank - sum(x is not None for x in items) + 1)
    if items[0] not in (slice(None), slice(None, None, 1)):  # that would choose images
        raise use.unfit()
    shape: list[int] = []
    axis = 0
    for item in items[1:]:
        if item is None:
            shape.append(1)
            continue
        axis += 1
        if type(item) not in (int, slice):
            raise use.unfit()
        chosen = np.arange(tensor.shape[axis])[item]
        if not chosen.size:
            raise use.unfit()
        shape += [chosen.size] if isinstance(item, slice) else []
        tensor = _chosen(use, tensor, axis, np.atleast_1d(chosen))
    if shape != list(tensor.shape[1:]):
        return use.apply(layers.Reshape(shape, name=use.name), tensor)
    return use.apply(layers.Identity(name=use.name), tensor)


def _chosen(use: Use, tensor: Any, axis: int, places: np.ndarray) -> Any:
    """The places of one axis that are chosen."""
    if len(places) == tensor.shape[axis] and (np.diff(places) == 1).all():
        return tensor
    settings = {"places": places.tolist(), "axis": axis}
    return use.apply(Operation("gather", settings, name=f"{use.name}.{axis}"), tensor)
