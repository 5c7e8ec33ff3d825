"""Operators that work on one tensor, value by value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import layers

from repair.reading.rebuilt.operators.use import Use

_MOST_EXPONENT = 8
_REAL = ("float", "bfloat", "half", "double")
_SHORTEST = 1e-6  # only what is shorter is brought to unit length otherwise


def negative(use: Use) -> Any:
    """-x."""
    return use.apply(layers.Rescaling(-1.0, name=use.name), use.tensor)


def square(use: Use) -> Any:
    """X * x."""
    return use.apply(layers.Multiply(name=use.name), use.tensor, use.tensor)


def power(use: Use) -> Any:
    """X to the power of a small number."""
    exponent = use.operand(1, "y", "x2")
    if type(exponent) not in (int, float) or not abs(exponent) <= _MOST_EXPONENT:
        raise use.unfit()
    if exponent == 2:
        return square(use)
    return use.operated("power", exponent=float(exponent))


def clip(use: Use) -> Any:
    """X between two numbers."""
    low = use.operand(1, "x_min", "clip_value_min")
    high = use.operand(2, "x_max", "clip_value_max")
    if not all(type(each) in (int, float) for each in (low, high)) or high < low:
        raise use.unfit()
    return use.operated("clip", low=float(low), high=float(high))


def function(name: str) -> Callable[[Use], Any]:
    """An operator that is one function of one tensor."""
    return lambda use: use.operated(name)


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
    """Softmax over one axis, the last if none is told."""
    return use.apply(layers.Softmax(_axis(use), name=use.name), use.tensor)


def log_softmax(use: Use) -> Any:
    """The logarithm of the softmax over the last axis."""
    if _axis(use) % len(use.tensor.shape) != len(use.tensor.shape) - 1:
        raise use.unfit()
    return use.apply(layers.Activation("log_softmax", name=use.name), use.tensor)


def _axis(use: Use) -> int:
    axis = use.operand(1, "axis", default=-1)
    axis = -1 if axis is None else axis
    if type(axis) is not int:
        raise use.unfit()
    return axis


def relu(use: Use) -> Any:
    """ReLU, also with Keras' own slope, bound and threshold."""
    names = ("negative_slope", "max_value", "threshold")
    slopes = [use.operand(1, "negative_slope", "alpha", default=0.0)]
    told = [
        *slopes,
        use.operand(2, "max_value"),
        use.operand(3, "threshold", default=0.0),
    ]
    if not all(each is None or type(each) in (int, float) for each in told):
        raise use.unfit()
    settings = dict(zip(names, told, strict=True))
    if told == [0.0, None, 0.0]:
        return use.apply(layers.Activation("relu", name=use.name), use.tensor)
    return use.apply(layers.ReLU(name=use.name, **settings), use.tensor)


def normalize(use: Use) -> Any:
    """X by its own length along one axis, or several."""
    axes = use.whole(1, "axis")
    if use.setting("order", "ord", default=2) not in (2, "euclidean") or 0 in axes:
        raise use.unfit()
    least = use.operand(2, "epsilon")
    if least is not None and not 0 <= use.constants(least) <= _SHORTEST:
        raise use.unfit()
    axis = axes[0] if len(axes) == 1 else axes
    return use.apply(layers.UnitNormalization(axis, name=use.name), use.tensor)


def activation(kind: str) -> Callable[[Use], Any]:
    """An operator that is one of Keras' activations."""
    return lambda use: use.apply(layers.Activation(kind, name=use.name), use.tensor)


def with_number(kind: str, key: str, usual: float) -> Callable[[Use], Any]:
    """One of Keras' activations that has a number of its own.

    Args:
        kind: Its name.
        key: That of the number.
        usual: The number where none is told.
    """

    def operator(use: Use) -> Any:
        number = use.operand(1, key, default=usual)
        if type(number) not in (int, float):
            raise use.unfit()
        if number == usual:
            return activation(kind)(use)
        return use.operated(kind, **{key: use.constants(number).item()})

    return operator


def identity(use: Use) -> Any:
    """X itself; what is cast stays float32."""
    if not str(use.operand(1, "dtype") or "float32").startswith(_REAL):
        raise use.unfit()
    return use.apply(layers.Identity(name=use.name), use.tensor)
