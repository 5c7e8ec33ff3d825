"""Layers whose kernels were kept small by ``SpectralNormalization``, and what it remembers.

While a network is trained, the kernel is divided by its largest singular value, which a
vector tells that is stored beside it; when it answers, the kernel is taken as it is.

Reference: Takeru Miyato et al., Spectral Normalization for Generative Adversarial Networks,
arXiv:1802.05957.
"""

from __future__ import annotations

import keras
import numpy as np

from repair.reading.described.parts import Part
from repair.reading.described.wrappers import SPECTRAL

Shapes = list[tuple[int, ...]]


def with_vector(part: Part, layer: keras.Layer) -> list[Shapes]:
    """In which shapes a file may store the weights of a layer with its vector.

    Args:
        part: The layer as the file has it.
        layer: What stands for it here, built.

    Returns:
        Last what was not trained, the vector; or the vector behind the kernel, as the layer
        holds both, and what only the layer in it holds after that: where none of it was
        trained the bias alone, in a ``.keras`` file the kernel once more. None where it has
        no vector, or that has the kernel's shape, so that nothing tells one from the other.
    """
    if part.kind != SPECTRAL or not layer.weights:
        return []
    kernel, *bias = [tuple(variable.shape) for variable in layer.weights]
    vector = (1, kernel[-1])
    if vector == kernel:
        return []
    return [
        [kernel, *bias, vector],
        [kernel, vector, *bias],
        [kernel, vector, kernel, *bias],
    ]


def without_vector(
    part: Part, layer: keras.Layer, values: list[np.ndarray]
) -> list[np.ndarray]:
    """The weights of a layer alone; see ``with_vector``."""
    orders = with_vector(part, layer)
    shapes = [value.shape for value in values]
    if shapes not in orders:
        return values
    kernel, *others = values
    if shapes == orders[0]:
        return values[:-1]
    return [kernel, *others[1:]] if shapes == orders[1] else others[1:]
