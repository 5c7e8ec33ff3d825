"""How many weights a layer takes memory for at least, counted before it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras
from keras import layers

from repair.errors import ModelError

Shape = tuple[int | None, ...]
# Weights of layers that are called several times, which are held once a call.
MAX_REPEATED = 50_000_000


@dataclass
class Counted:
    """Weights that layers declare, held against those that the file has.

    Attributes:
        stored: Weights that the file has, in all.
    """

    stored: int
    _declared: int = 0
    _repeated: int = 0

    def add(self, layer: keras.Layer, shapes: Sequence[Shape], *, first: bool) -> None:
        """Counts those of a layer that is about to be built.

        Args:
            layer: One that is not built yet.
            shapes: Of its inputs.
            first: Whether the file has weights for this very call.

        Raises:
            ModelError: If they are more than the file has.
        """
        weights = declared_weights(layer, shapes)
        if first:
            self._declared += weights
        else:
            self._repeated += weights
        if self._declared > self.stored or self._repeated > MAX_REPEATED:
            raise ModelError(
                f"layer {layer.name!r} declares {weights:,} weights. Expected no more than "
                f"were found in the file, {self.stored:,} in all."
            )


def declared_weights(layer: keras.Layer, shapes: Sequence[Shape]) -> int:
    """How many weights a layer takes memory for at least, counted before it does.

    Args:
        layer: One that is not built yet.
        shapes: Of its inputs, the images' axis included.
    """
    shape = shapes[0]
    channels = shape[-1] or 1
    bias = int(getattr(layer, "use_bias", False))
    match layer:
        case layers.Dense():
            return (channels + bias) * layer.units
        case layers.SeparableConv1D() | layers.SeparableConv2D():
            middle = channels * layer.depth_multiplier
            return (
                math.prod(layer.kernel_size) * middle + (middle + bias) * layer.filters
            )
        case layers.DepthwiseConv1D() | layers.DepthwiseConv2D():
            return (
                (math.prod(layer.kernel_size) + bias)
                * channels
                * layer.depth_multiplier
            )
        case (
            layers.Conv1D()
            | layers.Conv1DTranspose()
            | layers.Conv2D()
            | layers.Conv2DTranspose()
        ):
            own = channels // (getattr(layer, "groups", 1) or 1)
            return (math.prod(layer.kernel_size) * own + bias) * layer.filters
        case layers.EinsumDense():
            return _of_einsum(layer, shape)
        case layers.MultiHeadAttention():
            return _of_attention(layer, shapes, bias)
        case layers.BatchNormalization():
            return (2 + layer.center + layer.scale) * (shape[layer.axis] or 1)
        case layers.GroupNormalization():
            return (layer.center + layer.scale) * (shape[layer.axis] or 1)
        case layers.LayerNormalization() | layers.RMSNormalization():
            axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
            both = getattr(layer, "center", False) + getattr(layer, "scale", True)
            vectors = 1 if getattr(layer, "rms_scaling", False) else both
            return vectors * math.prod(shape[axis] or 1 for axis in axes)
        case layers.PReLU():
            shared = layer.shared_axes or ()
            return math.prod(
                x or 1 for i, x in enumerate(shape) if i and i not in shared
            )
    return 0


def _of_einsum(layer: layers.EinsumDense, shape: Shape) -> int:
    """Kernel and bias: each letter of the equation has a size of input or output."""
    before, _, after = layer.equation.partition("->")
    given, _, kernel = before.partition(",")
    sizes = dict(
        zip(reversed(after), reversed(layer.partial_output_shape), strict=False)
    )
    sizes |= dict(zip(reversed(given), reversed(shape), strict=False))
    sizes_of = [kernel] + [layer.bias_axes] * bool(layer.bias_axes)
    return sum(math.prod(sizes.get(x) or 1 for x in letters) for letters in sizes_of)


def _of_attention(
    layer: layers.MultiHeadAttention, shapes: Sequence[Shape], bias: int
) -> int:
    """Query, key, value and output, each with a bias; of query, value and key."""
    query, value, key = ([shape[-1] or 1 for shape in shapes] + [0, 0])[:3]
    value = value or query
    heads, output = layer.num_heads, layer.get_config()["output_shape"]
    made = heads * (layer.value_dim or layer.key_dim)
    last = math.prod(output) if output else query
    asked = (query + (key or value) + 2 * bias) * heads * layer.key_dim
    return asked + (value + bias) * made + (made + bias) * last
