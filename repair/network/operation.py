"""Operations without weights that Keras has as functions, but not as layers.

A network that was read consists of layers, each of which can be copied and saved by its
settings. What its maker wrote as a function (``x / ops.sqrt(y)``) becomes one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops


def _matmul(x: Any, y: Any, turned: list[bool]) -> Any:
    """The product of the last two axes, those of either operand turned where said."""
    first, second = (
        ops.swapaxes(each, -1, -2) if turn else each
        for each, turn in zip((x, y), turned, strict=True)
    )
    return ops.matmul(first, second)


def _patches(x: Any, size: list[int], strides: list[int], padding: str) -> Any:
    return ops.image.extract_patches(
        x, tuple(size), strides=tuple(strides), padding=padding
    )


def _gathered(x: Any, places: list[int], axis: int) -> Any:
    # Keras' own ``take`` asks for the shape, which other formats need not know.
    return tf.gather(x, places, axis=axis)


def _clipped(x: Any, low: float | None, high: float | None) -> Any:
    x = x if low is None else ops.maximum(x, low)
    return x if high is None else ops.minimum(x, high)


def _space_to_depth(x: Any, block: int) -> Any:
    _, rows, columns, channels = x.shape
    x = ops.reshape(x, (-1, rows // block, block, columns // block, block, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(
        x, (-1, rows // block, columns // block, channels * block * block)
    )


def _depth_to_space(x: Any, block: int) -> Any:
    _, rows, columns, channels = x.shape
    left = channels // (block * block)
    x = ops.reshape(x, (-1, rows, columns, block, block, left))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows * block, columns * block, left))


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": ops.abs,
    "celu": ops.celu,
    "clip": _clipped,
    "depth_to_space": _depth_to_space,
    "divide": ops.divide,
    "elu": ops.elu,
    "erf": ops.erf,
    "gather": _gathered,
    "grey": ops.image.rgb_to_grayscale,
    "log": ops.log,
    "log1p": ops.log1p,
    "log_softmax": ops.log_softmax,
    "matmul": _matmul,
    "max": ops.max,
    "mean": ops.mean,
    "min": ops.min,
    "pad": lambda x, widths: ops.pad(x, widths),
    "patches": _patches,
    "power": lambda x, exponent: ops.power(x, exponent),
    "reciprocal": ops.reciprocal,
    "rsqrt": ops.rsqrt,
    "silu": lambda x, beta: x * ops.sigmoid(beta * x),
    "space_to_depth": _space_to_depth,
    "sqrt": ops.sqrt,
    "squareplus": ops.squareplus,
    "std": ops.std,
    "sum": ops.sum,
    "times": lambda x, matrix: ops.matmul(x, ops.cast(matrix, x.dtype)),
}


@keras.saving.register_keras_serializable(package="badnet_repair")
class Operation(layers.Layer):
    """One function of the list above.

    Args:
        function: Its name there.
        settings: What it is called with besides tensors: plain numbers.
    """

    def __init__(
        self, function: str, settings: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.function = function
        self.settings = dict(settings or {})

    def call(self, inputs: Any) -> Any:
        """One tensor, or a list of two."""
        given = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        return _FUNCTIONS[self.function](*given, **self.settings)

    def get_config(self) -> dict[str, Any]:
        """Function and settings."""
        own = {"function": self.function, "settings": self.settings}
        return {**super().get_config(), **own}
