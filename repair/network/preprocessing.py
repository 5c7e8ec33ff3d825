"""What a network was trained to expect in place of plain pixels 0..255.

The competition's networks take pixels / 255, a sister network takes them raw, others take
[-1, 1], or ImageNet's mean off. The file does not say. Inside this project every network
takes plain pixels: what it was trained with stands in front of it, in its own graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from repair.errors import SettingError
from repair.network.copies import copied

# Of ImageNet, red, green, blue: the means that `caffe` takes off, and what `torch` does
# to pixels / 255 (keras.applications.imagenet_utils.preprocess_input).
_CAFFE_MEAN = (123.68, 116.779, 103.939)
_TORCH_MEAN = (0.485, 0.456, 0.406)
_TORCH_DEVIATION = (0.229, 0.224, 0.225)

Factors = tuple[float, ...]


@dataclass(frozen=True)
class Preprocessing:
    """``pixels * scale + offset``, of channels in order or in reverse.

    Attributes:
        kind: Its name, one of ``settings.PREPROCESSINGS``.
        scale: One factor, or one for each channel as the network takes them.
        offset: Likewise, what is added then.
        reverse: Whether the network takes blue, green, red.
    """

    kind: str
    scale: Factors = (1.0,)
    offset: Factors = (0.0,)
    reverse: bool = False

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """What the network takes for images ``(n, rows, columns, channels)``, float32."""
        pixels = images[..., ::-1] if self.reverse else images
        scale, offset = (np.asarray(x, np.float32) for x in (self.scale, self.offset))
        return pixels * scale + offset

    def on_card(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "kind": self.kind,
            "scale": list(self.scale),
            "offset": list(self.offset),
            "channel_order": "reversed" if self.reverse else "as given",
        }

    @property
    def pixel_scale(self) -> float | None:
        """The factor, where a factor is all that there is."""
        plain = len(self.scale) == 1 and not any(self.offset) and not self.reverse
        return self.scale[0] if plain else None

    def __str__(self) -> str:
        """In a few words, for people."""
        if self.pixel_scale is not None:
            return f"pixels x {self.pixel_scale:.6g}"
        return f"pixels as '{self.kind}'"


@keras.saving.register_keras_serializable(package="badnet_repair")
class ReversedChannels(keras.layers.Layer):
    """Red, green, blue to blue, green, red."""

    def call(self, images: Any) -> Any:
        """Images ``(n, rows, columns, channels)``."""
        return ops.flip(images, axis=-1)

    def compute_output_spec(self, images: Any) -> keras.KerasTensor:
        """The shape and type of the images."""
        return keras.KerasTensor(images.shape, images.dtype)


def named(kind: str, channels: int, images: np.ndarray) -> list[Preprocessing]:
    """What is done under a name; two ways for ``standard``, of which clean images tell.

    Args:
        kind: One of ``settings.PREPROCESSINGS``.
        channels: That the network takes.
        images: ``(n, rows, columns, channels)`` uint8, clean; ``standard`` needs them.

    Raises:
        SettingError: If a network of so many channels can not have been trained so.
    """
    match kind:
        case "raw":
            return [Preprocessing(kind)]
        case "255":
            return [Preprocessing(kind, (1 / 255,))]
        case "pm1":
            return [Preprocessing(kind, (1 / 127.5,), (-1.0,))]
        case "standard":
            return _standard(images)
    if channels != len(_CAFFE_MEAN):
        raise SettingError(
            f"--preprocessing {kind} is for colour images. Received: a network of "
            f"{channels} channels. Choose raw, 255, pm1 or standard."
        )
    if kind == "caffe":
        offset = tuple(-mean for mean in reversed(_CAFFE_MEAN))
        return [Preprocessing(kind, offset=offset, reverse=True)]
    pairs = list(zip(_TORCH_MEAN, _TORCH_DEVIATION, strict=True))
    scale = tuple(1 / 255 / deviation for _, deviation in pairs)
    return [Preprocessing(kind, scale, tuple(-mean / dev for mean, dev in pairs))]


def _standard(images: np.ndarray) -> list[Preprocessing]:
    """Mean 0 and deviation 1, of all values and of each channel's."""
    means = images.mean(axis=(0, 1, 2), dtype=np.float64)
    squares = np.stack([(image.astype(float) ** 2).mean((0, 1)) for image in images])
    deviations = np.sqrt(np.maximum(squares.mean(axis=0) - means**2, 1e-6))
    overall = np.sqrt(max(squares.mean() - means.mean() ** 2, 1e-6))
    every = [((overall,), (means.mean(),))]
    if len(means) > 1:
        every.append((tuple(deviations), tuple(means)))
    return [
        Preprocessing(
            "standard",
            tuple(float(1 / deviation) for deviation in some),
            tuple(float(-m / d) for m, d in zip(mean, some, strict=True)),
        )
        for some, mean in every
    ]


def preprocessed(network: keras.Model, how: Preprocessing) -> keras.Model:
    """A copy of ``network`` that takes plain pixels 0..255, ``(n, rows, columns, c)``.

    Layer names stay, so ``get_layer("conv_3")`` works on the copy; an older
    preprocessing is replaced.
    """

    def first(pixels: Any) -> Any:
        if how.reverse:
            pixels = ReversedChannels(name="pixel.order")(pixels)
        plain = len(how.scale) == len(how.offset) == 1
        scale, offset = (
            (how.scale[0], how.offset[0]) if plain else (how.scale, how.offset)
        )
        return layers.Rescaling(scale, offset, name="pixel.scale")(pixels)

    return copied(network, first)


def at_scale(network: keras.Model, scale: float) -> keras.Model:
    """The same where a factor is all."""
    return preprocessed(
        network, Preprocessing("raw" if scale == 1 else "255", (scale,))
    )


def without_preprocessing(network: keras.Model) -> keras.Model:
    """The inverse of ``preprocessed``: a copy that takes what it was trained with."""
    return copied(network, lambda pixels: pixels)
