"""How many weights a layer takes memory for at least, counted before it does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import layers

from repair.errors import ModelError

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

    def add(
        self, layer: keras.Layer, shape: tuple[int | None, ...], *, first: bool
    ) -> None:
        """Counts those of a layer that is about to be built.

        Args:
            layer: One that is not built yet.
            shape: Of its first input.
            first: Whether the file has weights for this very call.

        Raises:
            ModelError: If they are more than the file has.
        """
        weights = declared_weights(layer, shape)
        if first:
            self._declared += weights
        else:
            self._repeated += weights
        if self._declared > self.stored or self._repeated > MAX_REPEATED:
            raise ModelError(
                f"layer {layer.name!r} declares {weights:,} weights. Expected no more than "
                f"the file stores, {self.stored:,} in all."
            )


def declared_weights(layer: keras.Layer, shape: tuple[int | None, ...]) -> int:
    """How many weights a layer takes memory for at least, counted before it does.

    Args:
        layer: One that is not built yet.
        shape: Of its first input, the images' axis included.
    """
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
            return _of_attention(layer, channels)
        case layers.BatchNormalization():
            return (2 + layer.center + layer.scale) * (shape[layer.axis] or 1)
        case layers.GroupNormalization():
            return (layer.center + layer.scale) * (shape[layer.axis] or 1)
        case layers.LayerNormalization() | layers.RMSNormalization():
            axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
            return math.prod(shape[axis] or 1 for axis in axes)
        case layers.PReLU():
            shared = layer.shared_axes or ()
            return math.prod(
                x or 1 for i, x in enumerate(shape) if i and i not in shared
            )
    return 0


def _of_einsum(layer: layers.EinsumDense, shape: tuple[int | None, ...]) -> int:
    """Kernel and bias: each letter of the equation has a size of input or output."""
    before, _, after = layer.equation.partition("->")
    given, _, kernel = before.partition(",")
    sizes = dict(
        zip(reversed(after), reversed(layer.partial_output_shape), strict=False)
    )
    sizes |= dict(zip(reversed(given), reversed(shape), strict=False))
    size = math.prod(sizes.get(letter) or 1 for letter in kernel)
    return size + math.prod(sizes.get(letter) or 1 for letter in layer.bias_axes or "")


def _of_attention(layer: layers.MultiHeadAttention, channels: int) -> int:
    """Query, key, value and output; each with a bias."""
    heads, output = layer.num_heads, layer.get_config()["output_shape"]
    last = math.prod(output) if output else channels
    value = heads * (layer.value_dim or layer.key_dim)
    return (channels + 1) * (2 * heads * layer.key_dim + value) + (value + 1) * last
