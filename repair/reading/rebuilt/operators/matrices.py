"""Products with constant matrices, along the last axis of a tensor.

TensorFlow writes ``tf.tensordot`` and ``rgb_to_grayscale`` as three steps: all places of all
images become the rows of one matrix, which is multiplied and then brought back. Here the
places of an image stay together, in an axis of their own, so that no step mixes images.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from keras import layers

from repair.reading.rebuilt.operators.placeholders import Matrix, Places
from repair.reading.rebuilt.operators.sizes import begun_with
from repair.reading.rebuilt.operators.use import Use, is_tensor

# By these settings either operand is turned: real numbers have no conjugate.
TURNED = (
    ("transpose_a", "adj_x", "adjoint_a"),
    ("transpose_b", "adj_y", "adjoint_b"),
)


def as_matrix(use: Use) -> Matrix | None:
    """What a reshape makes that brings the places of all images into one axis, if it does."""
    wanted = begun_with(use)
    if not wanted or not isinstance(wanted[0], Places):
        return None
    shape = use.tensor.shape
    places = math.prod(shape[1:-1])
    if wanted != [Places(places), shape[-1]]:
        raise use.unfit()
    layer = layers.Reshape((places, shape[-1]), name=use.name)
    return Matrix(use.apply(layer, use.tensor))


def unpacked(use: Use) -> Use:
    """The same with a matrix as the tensor that it is here."""
    values = [x.tensor if isinstance(x, Matrix) else x for x in use.values[:1]]
    return replace(use, values=[*values, *use.values[1:]])


def times(use: Use) -> Any:
    """A tensor, or a matrix, times a constant matrix."""
    first, second = use.operand(0, "x1", "a"), use.operand(1, "x2", "b")
    matrix = use.constants(second)
    if use.has(*TURNED[1]):
        matrix = matrix.T
    turned = use.has(*TURNED[0])
    tensor = unpacked(use).operand(0, "x1", "a")
    if matrix.ndim != 2 or turned or not is_tensor(tensor):
        raise use.unfit()
    result = use.operated("times", tensor, matrix=matrix.tolist())
    return Matrix(result) if isinstance(first, Matrix) else result


def tensordot(use: Use) -> Any:
    """The same along the last axis of a tensor and the first of a constant matrix."""
    last = len(use.tensor.shape) - 1
    axes = use.operand(2, "axes", default=2)
    if axes not in (1, [[last], [0]], [last, 0], [[-1], [0]], [-1, 0]):
        raise use.unfit()
    return times(use)
