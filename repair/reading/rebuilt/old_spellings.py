"""What older Keras versions called the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from repair.process.notice import say
from repair.reading.described.writer import Version

_KINDS = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
    # These do something while a network is trained, and nothing when it answers.
    **dict.fromkeys(
        [
            "ActivityRegularization",
            "AlphaDropout",
            "AugMix",
            "CutMix",
            "GaussianDropout",
        ]
        + ["GaussianNoise", "MixUp", "RandAugment", "RandomBrightness"]
        + ["RandomColorDegeneration", "RandomColorJitter", "RandomContrast"]
        + [
            "RandomElasticTransform",
            "RandomErasing",
            "RandomFlip",
            "RandomGaussianBlur",
        ]
        + ["RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert"]
        + ["RandomPerspective", "RandomPosterization", "RandomRotation"]
        + ["RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation"]
        + ["RandomWidth", "RandomZoom", "SpatialDropout1D"],
        "Identity",
    ),
}
_TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose")
_KEYS = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "ThresholdedReLU": {"theta": "threshold"},
}


def say_what_is_lost(
    kind: str, config: Mapping[str, Any], name: str, keras_version: Version
) -> None:
    """Says of a setting that its writer left out of the file."""
    lost = kind in _TRANSPOSED and (3, 0) <= keras_version < (3, 15)
    strides = config.get("strides")
    strides = strides if isinstance(strides, list) else [strides]
    if lost and "output_padding" not in config and strides != [1] * len(strides):
        say(
            f"layer {name!r} is taken for one without output_padding: Keras before 3.15 "
            "does not write it into files"
        )


def spelled(
    kind: str, config: Mapping[str, Any], keras_version: Version
) -> tuple[str, Mapping[str, Any]]:
    """A layer's class and settings as Keras 3 spells them."""
    keys = _KEYS.get(kind, {})
    config = {keys.get(key, key): value for key, value in config.items()}
    new = _KINDS.get(kind, kind)
    if kind == "RandomCrop":  # when it answers, it resizes; from Keras 3.8 on, no more
        new = "Identity" if keras_version >= (3, 8) else "Resizing"
        config = {**config, "crop_to_aspect_ratio": True}
    if new == "Resizing" and config.get("antialias") is False:
        del config["antialias"]  # which older Keras versions do not know
    axis = config.get("axis")
    if new == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        (config["axis"],) = axis  # as tf.keras 2 writes it
    if new == "ReLU" and keras_version < (3, 0):
        # Keras 2 wrote None for what Keras 3 calls 0.
        for key in ("negative_slope", "threshold"):
            if key in config and config[key] is None:
                config[key] = 0.0
    return new, config
