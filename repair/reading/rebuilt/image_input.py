"""Where a network begins."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers


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
    images = keras.Input((*shape, 1), name=name)
    return images, layers.Reshape(shape, name=f"{name}.grey")(images)
