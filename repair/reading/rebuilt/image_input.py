"""Where a network begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers

from repair.process.notice import say


def fixed_images(config: Mapping[str, Any]) -> int | None:
    """How many images an input layer takes, None where any number."""
    shape = config.get("batch_input_shape") or config.get("batch_shape")
    first = shape[0] if isinstance(shape, list) and shape else None
    return first if type(first) is int and first > 0 else None


def image_input(
    shape: tuple[int, ...], name: str, *, in_a_row: bool
) -> tuple[Any, Any]:
    """The input ``(n, rows, columns, channels)``, and it as the network expects it.

    Args:
        shape: Of an image: rows, columns, and channels where it has that axis.
        name: Of the input.
        in_a_row: Whether the network expects all pixels of an image in one axis.
    """
    if len(shape) == 3:
        images = keras.Input(shape, name=name)
        row = layers.Flatten(name=f"{name}.row")(images) if in_a_row else images
        return images, row
    if shape[1] == 1:
        say(
            f"the network takes {shape[0]} numbers in one column; they are taken for an "
            "image of one column. A network of series, such as sounds, is no classifier of "
            "images"
        )
    images = keras.Input((*shape, 1), name=name)
    return images, layers.Reshape(shape, name=f"{name}.grey")(images)
