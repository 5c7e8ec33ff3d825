"""How large a network may be: bounds that only a bomb needs to pass.

Each holds the largest classifiers that Keras has (350 million parameters, images of 600 x
600, a thousand layers), and stops what is declared, not stored, before memory is taken
for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import layers

from repair.errors import ModelError

MAX_PARAMETERS = 400_000_000
_MAX_SIDE = 2048
_CHANNELS = (1, 3, 4)
MAX_ACTIVATIONS = 1 << 26  # of one image, in one tensor: 256 MiB


def image_shape(
    config: Mapping[str, Any], told: tuple[int, int, int] | None
) -> tuple[tuple[int, ...], bool]:
    """The shape of an image, and whether the file has its channels first.

    What the file leaves open is as told; a network may take an image as one row of pixels.

    Args:
        config: Settings of the input layer.
        told: Rows, columns and channels.

    Raises:
        ModelError: If it is no shape of images, or open and not told.
    """
    sizes = _declared(config)
    if sizes is not None and takes_a_row(config):
        if told is not None and math.prod(told) == sizes[0]:
            return told, False
        known = "" if told is None else f" Those of {told} are {math.prod(told)}."
        raise ModelError(
            f"expected a network of images. Received: one that takes {sizes[0]} numbers. If "
            "they are the pixels of an image, give data that holds such images, or "
            f"--image-shape.{known}"
        )
    turned = sizes is not None and _channels_first(sizes)
    if sizes is not None and turned:
        sizes = [*sizes[1:], sizes[0]]
    if sizes is None or any(size is None for size in sizes):
        if told is None or (sizes is not None and len(sizes) != len(told)):
            raise ModelError(
                "takes images of any size. Expected to be told theirs, by the data or by "
                f"--image-shape. Received: shape {str(sizes)[:60]}."
            )
        pairs = zip(sizes or [None] * 3, told, strict=True)
        sizes = [given if size is None else size for size, given in pairs]
    fine = len(sizes) in (2, 3) and all(type(size) is int for size in sizes)
    fine = fine and all(0 < size <= _MAX_SIDE for size in sizes[:2])
    if not fine or (len(sizes) == 3 and sizes[2] not in _CHANNELS):
        raise ModelError(
            f"expected images of at most {_MAX_SIDE} pixels a side, channels last: grey, "
            f"RGB or RGBA. Received: shape {str(sizes)[:60]}."
        )
    return tuple(sizes), turned


def takes_a_row(config: Mapping[str, Any]) -> bool:
    """Whether an input layer expects numbers in one axis: an image's pixels, perhaps."""
    sizes = _declared(config)
    return sizes is not None and len(sizes) == 1 and type(sizes[0]) is int


def _declared(config: Mapping[str, Any]) -> list[Any] | None:
    """The sizes that a file declares, the images' axis left out."""
    shape = config.get("batch_input_shape") or config.get("batch_shape")
    if shape is None:
        return None
    return shape[1:] if isinstance(shape, list) else [shape]


def _channels_first(sizes: list[Any]) -> bool:
    """Whether channels come before rows and columns; not so in features, (4, 4, 512)."""
    known = [size in _CHANNELS for size in sizes]
    return known == [True, False, False]


def check_inputs(layer: keras.Layer, tensors: Sequence[Any]) -> None:
    """Refuses layers that mix images, and activations that only a bomb needs.

    Raises:
        ModelError: If one does.
    """
    axes = getattr(layer, "axis", getattr(layer, "axes", None))
    for axis in axes if isinstance(axes, (list, tuple)) else [axes]:
        if isinstance(axis, int) and axis % len(tensors[0].shape) == 0:
            raise ModelError(f"layer {layer.name!r} mixes images, along axis {axis}.")
    for tensor in tensors:
        _check_size(layer, "an input", tensor.shape[1:])
    if scores := _attended(layer, tensors):
        _check_size(layer, "a table of attention", scores)


def check_outputs(layer: keras.Layer, made: Any) -> None:
    """Refuses what a layer makes if only a bomb needs it, before an image is looked at.

    Raises:
        ModelError: If it is too large.
    """
    for tensor in keras.tree.flatten(made):
        _check_size(layer, "an output", tensor.shape[1:])


def _check_size(layer: keras.Layer, what: str, shape: Sequence[int | None]) -> None:
    if math.prod(x or 1 for x in shape) > MAX_ACTIVATIONS:
        raise ModelError(
            f"layer {layer.name!r} has too large {what}. Expected at most "
            f"{MAX_ACTIVATIONS:,} values an image. Received: {tuple(shape)}."
        )


def _attended(layer: keras.Layer, tensors: Sequence[Any]) -> list[int]:
    """The shape of what attention makes within, places by places; empty of other layers."""
    places = [list(tensor.shape[1:-1]) for tensor in tensors]
    match layer:
        case layers.AdditiveAttention():
            return [*places[0], *places[-1], tensors[0].shape[-1]]
        case layers.Attention():
            return [*places[0], *places[-1]]
        case layers.MultiHeadAttention():
            axes = layer._attention_axes or range(1, len(places[0]) + 1)
            return [
                layer.num_heads,
                *places[0],
                *(places[-1][axis - 1] for axis in axes),
            ]
    return []
