"""Kernels that were tuned by a product of two thin ones (LoRA, arXiv 2106.09685).

Keras adds the product to the kernel when it writes ``.keras`` or ``.weights.h5``. In a
``.h5`` file both factors stand beside the kernel, and the sum is made here.
"""

from __future__ import annotations

import math

import keras
import numpy as np

from repair.errors import ModelError
from repair.reading.described.parts import Part

Shapes = list[tuple[int, ...]]


def with_factors(part: Part, layer: keras.Layer) -> list[Shapes]:
    """In which shapes a file may store the weights of a layer with its factors.

    Args:
        part: The layer as the file has it.
        layer: What stands for it here, built.

    Returns:
        First with the kernel last, as it is not trained; then with it first, as Keras
        writes it if all of the layer is, or none. None where the two are the same, or
        there are no factors.
    """
    rank = part.config.get("lora_rank")
    if type(rank) is not int or not layer.weights:
        return []
    kernel, *bias = [tuple(variable.shape) for variable in layer.weights]
    factors = [(*kernel[:-1], rank), (rank, *kernel[-1:])]
    last, first = [*bias, *factors, kernel], [kernel, *bias, *factors]
    return [last, first] if last != first else []


def merged(
    part: Part, layer: keras.Layer, values: list[np.ndarray]
) -> list[np.ndarray]:
    """The weights of a layer, float32, the product added to the kernel.

    Args:
        part: The layer as the file has it.
        layer: What stands for it here, built.
        values: Its stored weights; returned as they are if there are no factors.

    Raises:
        ModelError: If the strength of the product is no number.
    """
    orders = with_factors(part, layer)
    shapes = [value.shape for value in values]
    if shapes not in orders:
        return values
    if shapes == orders[0]:
        *bias, down, up, kernel = values
    else:
        kernel, *bias, down, up = values
    rank, alpha = part.config["lora_rank"], part.config.get("lora_alpha")
    alpha = rank if alpha is None else alpha
    if type(alpha) not in (int, float) or not math.isfinite(alpha):
        raise ModelError(
            f"layer {layer.name!r}: expected a number as 'lora_alpha'. Received: "
            f"{str(alpha)[:40]!r}."
        )
    return [kernel + np.float32(alpha / rank) * np.matmul(down, up), *bias]
