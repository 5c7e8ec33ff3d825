"""Operators that make one value of many: sums, means and extremes along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import layers

from repair.reading.rebuilt.operators.use import Use

# What Keras has layers for: by function, number of axes, and those that go.
_LAYERS = {
    ("mean", 4, 1, 2): layers.GlobalAveragePooling2D,
    ("mean", 3, 1): layers.GlobalAveragePooling1D,
    ("max", 4, 1, 2): layers.GlobalMaxPooling2D,
    ("max", 3, 1): layers.GlobalMaxPooling1D,
}


def reduced(function: str) -> Callable[[Use], Any]:
    """An operator that sums up, or the like, within each image."""

    def operator(use: Use) -> Any:
        rank = len(use.tensor.shape)
        axes = sorted({axis % rank for axis in use.whole(1, "axis")})
        kept = bool(use.operand(2, "keepdims", "keep_dims", default=False))
        if not axes or axes[0] == 0:  # that would mix images
            raise use.unfit()
        kind = _LAYERS.get((function, rank, *axes))
        if kind is not None:
            return use.apply(kind(keepdims=kept, name=use.name), use.tensor)
        return use.operated(function, axis=axes, keepdims=kept)

    return operator
