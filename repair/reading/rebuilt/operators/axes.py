"""Operators that are told the order of an image's axes, such as pooling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from keras import layers

from repair.reading.rebuilt.operators.use import Use

_LAST, _FIRST = ("channels_last", "NHWC"), ("channels_first", "NCHW")


def with_channels_last(operator: Callable[[Use], Any], use: Use) -> Any:
    """What an operator makes of images, which it is given with their channels last.

    Args:
        operator: One that asks for no order of axes.
        use: Its use, the order of axes perhaps among the settings.

    Raises:
        ModelError: If the order is no known one, or the tensor is none of images.
    """
    order = use.setting("data_format")
    if order is None or order in _LAST:
        return operator(use)
    if order not in _FIRST or len(use.tensor.shape) != 4:
        raise use.unfit()
    last = layers.Permute((2, 3, 1), name=f"{use.name}.last")
    values = [use.apply(last, use.tensor), *use.values[1:]]
    first = layers.Permute((3, 1, 2), name=f"{use.name}.first")
    return use.apply(first, operator(replace(use, values=values)))
