"""Operators on two operands: two tensors, or a tensor and a constant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import layers

from repair.network.operation import Operation
from repair.reading.rebuilt.operators.matrices import TURNED, times
from repair.reading.rebuilt.operators.use import Use, is_tensor


def _affine(scale: Callable[[Any], Any], offset: Callable[[Any], Any], use: Use) -> Any:
    """A tensor and a constant: scale and offset, as functions of the constant."""
    first, second = use.pair
    tensor, constant = (first, second) if is_tensor(first) else (second, first)
    layer = layers.Rescaling(
        np.asarray(scale(constant)).tolist(),
        np.asarray(offset(constant)).tolist(),
        name=use.name,
    )
    return use.apply(layer, tensor)


def _both(use: Use) -> bool:
    return all(is_tensor(each) for each in use.pair)


def add(use: Use) -> Any:
    """X + y."""
    if _both(use):
        return use.apply(layers.Add(name=use.name), *use.pair)
    return _affine(lambda _: 1.0, lambda c: c, use)


def subtract(use: Use) -> Any:
    """X - y."""
    if _both(use):
        return use.apply(layers.Subtract(name=use.name), *use.pair)
    if is_tensor(use.pair[0]):
        return _affine(lambda _: 1.0, lambda c: -c, use)
    return _affine(lambda _: -1.0, lambda c: c, use)


def multiply(use: Use) -> Any:
    """X * y."""
    if _both(use):
        return use.apply(layers.Multiply(name=use.name), *use.pair)
    return _affine(lambda c: c, lambda _: 0.0, use)


def divide(use: Use) -> Any:
    """X / y; a constant y has no zeros."""
    first, second = use.pair
    if is_tensor(first) and is_tensor(second):
        return use.operated("divide", first, second)
    if is_tensor(first):
        if not np.all(second):
            raise use.unfit()
        return _affine(lambda c: 1 / c, lambda _: 0.0, use)
    one_over = Operation("reciprocal", name=f"{use.name}.reciprocal")
    factor = layers.Rescaling(np.asarray(first).tolist(), name=use.name)
    return use.apply(factor, use.apply(one_over, second))


def maximum(use: Use) -> Any:
    """The larger of x and y."""
    if _both(use):
        return use.apply(layers.Maximum(name=use.name), *use.pair)
    tensor, bound = _bounded(use)
    return use.operated("clip", tensor, low=bound, high=None)


def minimum(use: Use) -> Any:
    """The smaller of x and y."""
    if _both(use):
        return use.apply(layers.Minimum(name=use.name), *use.pair)
    tensor, bound = _bounded(use)
    return use.operated("clip", tensor, low=None, high=bound)


def _bounded(use: Use) -> tuple[Any, Any]:
    first, second = use.pair
    tensor, bound = (first, second) if is_tensor(first) else (second, first)
    return tensor, np.asarray(bound).tolist()


def matmul(use: Use) -> Any:
    """The product of two tensors, image by image; their last axes turned where said."""
    if not is_tensor(use.operand(1, "x2", "b")):
        return times(use)
    first, second = use.pair
    ranks = {len(each.shape) for each in (first, second) if is_tensor(each)}
    if not _both(use) or ranks == {2}:  # the latter would mix images
        raise use.unfit()
    turned = [use.has(*names) for names in TURNED]
    return use.operated("matmul", first, second, turned=turned)
