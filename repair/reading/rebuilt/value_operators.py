"""Operators that work on each value by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import layers

from repair.reading.rebuilt.operator_use import Use, is_tensor


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
    """X / y, y a constant without zeros."""
    second = use.pair[1]
    if is_tensor(second) or not np.all(second):
        raise use.unfit()
    return _affine(lambda c: 1 / c, lambda _: 0.0, use)


def negative(use: Use) -> Any:
    """-x."""
    return use.apply(layers.Rescaling(-1.0, name=use.name), use.tensor)


def square(use: Use) -> Any:
    """X * x."""
    return use.apply(layers.Multiply(name=use.name), use.tensor, use.tensor)


def power(use: Use) -> Any:
    """X to the power of 2."""
    if use.operand(1, "y", "x2") != 2:
        raise use.unfit()
    return square(use)


def maximum(use: Use) -> Any:
    """The larger of x and y."""
    if _both(use):
        return use.apply(layers.Maximum(name=use.name), *use.pair)
    first, second = use.pair
    tensor, least = (first, second) if is_tensor(first) else (second, first)
    least = np.asarray(least)
    down = layers.Rescaling(1.0, (-least).tolist(), name=f"{use.name}.down")
    above = use.apply(layers.ReLU(name=use.name), use.apply(down, tensor))
    up = layers.Rescaling(1.0, least.tolist(), name=f"{use.name}.up")
    return use.apply(up, above)


def minimum(use: Use) -> Any:
    """The smaller of two tensors."""
    if not _both(use):
        raise use.unfit()
    return use.apply(layers.Minimum(name=use.name), *use.pair)


def clip(use: Use) -> Any:
    """X between 0 and a number above it."""
    low = use.operand(1, "x_min", "clip_value_min")
    high = use.operand(2, "x_max", "clip_value_max")
    if low != 0 or type(high) not in (int, float) or high <= 0:
        raise use.unfit()
    return use.apply(layers.ReLU(max_value=high, name=use.name), use.tensor)


def leaky_relu(use: Use) -> Any:
    """Leaky ReLU; a slope of 0.2 where none is told."""
    slope = use.operand(1, "negative_slope", "alpha", default=0.2)
    if type(slope) not in (int, float):
        raise use.unfit()
    return use.apply(layers.LeakyReLU(slope, name=use.name), use.tensor)


def gelu(use: Use) -> Any:
    """GELU, exact or with tanh."""
    x, name = use.tensor, use.name
    if not use.operand(1, "approximate", default=False):
        return use.apply(layers.Activation("gelu", name=name), x)
    # 0.5 x (1 + tanh(u)) = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)
    cube = use.apply(layers.Multiply(name=f"{name}.cube"), x, x, x)
    cube = use.apply(layers.Rescaling(0.044715, name=f"{name}.part"), cube)
    inner = use.apply(layers.Add(name=f"{name}.sum"), x, cube)
    inner = use.apply(
        layers.Rescaling(np.sqrt(8 / np.pi).item(), name=f"{name}.twice"), inner
    )
    gate = use.apply(layers.Activation("sigmoid", name=f"{name}.gate"), inner)
    return use.apply(layers.Multiply(name=name), x, gate)


def softmax(use: Use) -> Any:
    """Softmax over the last axis."""
    if use.operand(1, "axis", default=-1) not in (None, -1, len(use.tensor.shape) - 1):
        raise use.unfit()
    return use.apply(layers.Softmax(name=use.name), use.tensor)


def activation(kind: str) -> Callable[[Use], Any]:
    """An operator that is one of Keras' activations."""
    return lambda use: use.apply(layers.Activation(kind, name=use.name), use.tensor)


def identity(use: Use) -> Any:
    """X itself; what is cast stays float32."""
    if not str(use.operand(1, "dtype", default="float32")).startswith("float"):
        raise use.unfit()
    return use.apply(layers.Identity(name=use.name), use.tensor)
