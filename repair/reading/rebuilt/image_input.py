"""Where a network begins."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers


def image_input(shape: tuple[int, ...], name: str) -> tuple[Any, Any]:
    """The input ``(n, rows, columns, channels)``, and it as the network expects it."""
    if len(shape) == 3:
        images = keras.Input(shape, name=name)
        return images, images
    images = keras.Input((*shape, 1), name=name)
    return images, layers.Reshape(shape, name=f"{name}.grey")(images)
