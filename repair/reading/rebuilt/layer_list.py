"""The layers that a network may consist of, rebuilt from their plain settings.

Nothing named in a file is looked up or imported: a layer is made only if its class is
listed here, from the settings listed here, with an activation listed in
``activation_list``. So a Lambda layer, a custom class or a registered name is refused,
and can not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras import layers

from repair.errors import ModelError
from repair.reading.described.parts import Part
from repair.reading.described.plain_values import plain
from repair.reading.described.writer import Version
from repair.reading.rebuilt.old_spellings import say_what_is_lost, spelled
from repair.reading.rebuilt.other_settings import check_others
from repair.reading.rebuilt.refusals import refusal

_CONVOLUTION = ("strides", "padding", "dilation_rate", "activation", "use_bias")
_FILTERS = ("filters", "kernel_size", *_CONVOLUTION)
_POOLING = ("pool_size", "strides", "padding")
_RESIZING = ("height", "width", "interpolation", "antialias", "crop_to_aspect_ratio")

# Class -> the settings that matter when the network answers; for all others (initializers,
# regularizers, constraints, training flags) see ``other_settings``.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "Activation": ("activation",),
    "AdaptiveAveragePooling2D": ("output_size",),
    "AdaptiveMaxPooling2D": ("output_size",),
    "Add": (),
    "AdditiveAttention": ("use_scale", "dropout"),
    "Attention": ("use_scale", "score_mode", "dropout"),
    "Average": (),
    "AveragePooling1D": _POOLING,
    "AveragePooling2D": _POOLING,
    "BatchNormalization": ("axis", "epsilon", "center", "scale"),
    "CenterCrop": ("height", "width"),
    "Concatenate": ("axis",),
    "Conv1D": (*_FILTERS, "groups"),
    "Conv2D": (*_FILTERS, "groups"),
    "Conv1DTranspose": (*_FILTERS, "output_padding"),
    "Conv2DTranspose": (*_FILTERS, "output_padding"),
    "Cropping1D": ("cropping",),
    "Cropping2D": ("cropping",),
    "Dense": ("units", "activation", "use_bias"),
    "DepthwiseConv1D": ("kernel_size", "depth_multiplier", *_CONVOLUTION),
    "DepthwiseConv2D": ("kernel_size", "depth_multiplier", *_CONVOLUTION),
    "Dot": ("axes", "normalize"),
    "Dropout": ("rate",),
    "ELU": ("alpha",),
    "EinsumDense": ("equation", "output_shape", "activation", "bias_axes"),
    "Flatten": (),
    "GlobalAveragePooling1D": ("keepdims",),
    "GlobalAveragePooling2D": ("keepdims",),
    "GlobalMaxPooling1D": ("keepdims",),
    "GlobalMaxPooling2D": ("keepdims",),
    "GroupNormalization": ("groups", "axis", "epsilon", "center", "scale"),
    "Identity": (),
    "LayerNormalization": ("axis", "epsilon", "center", "scale", "rms_scaling"),
    "LeakyReLU": ("negative_slope",),
    "MaxPooling1D": _POOLING,
    "MaxPooling2D": _POOLING,
    "Maximum": (),
    "Minimum": (),
    "MultiHeadAttention": ("num_heads", "key_dim", "value_dim", "dropout", "use_bias")
    + ("output_shape", "attention_axes"),
    "Multiply": (),
    "PReLU": ("shared_axes",),
    "Permute": ("dims",),
    "RMSNormalization": ("axis", "epsilon"),
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "RepeatVector": ("n",),
    "Rescaling": ("scale", "offset"),
    "Reshape": ("target_shape",),
    "Resizing": (*_RESIZING, "pad_to_aspect_ratio", "fill_mode", "fill_value"),
    "SeparableConv1D": (*_FILTERS, "depth_multiplier"),
    "SeparableConv2D": (*_FILTERS, "depth_multiplier"),
    "Softmax": ("axis",),
    "SpatialDropout2D": ("rate",),
    "Subtract": (),
    "UnitNormalization": ("axis",),
    "UpSampling1D": ("size",),
    "UpSampling2D": ("size", "interpolation"),
    "ZeroPadding1D": ("padding",),
    "ZeroPadding2D": ("padding",),
}
MERGING = frozenset(
    ["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"]
    + ["AdditiveAttention", "Attention", "Dot"]
)
# Weights come from the file: random ones, drawn before, would take time and memory.
_KERNEL = ("kernel_initializer",)
_TWO_KERNELS = ("depthwise_initializer", "pointwise_initializer")
_DRAWN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ["Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Dense"], _KERNEL
    ),
    **dict.fromkeys(["EinsumDense", "MultiHeadAttention"], _KERNEL),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D"], _TWO_KERNELS[:1]),
    **dict.fromkeys(["SeparableConv1D", "SeparableConv2D"], _TWO_KERNELS),
}
_MAX_EQUATION, _MAX_AXES = 40, 8
_WORDS: Mapping[str, Callable[[str], bool]] = {
    "padding": {"valid", "same", "causal"}.__contains__,
    "interpolation": {
        "bilinear",
        "nearest",
        "bicubic",
        "lanczos3",
        "lanczos5",
    }.__contains__,
    "score_mode": {"dot", "concat"}.__contains__,
    "fill_mode": {"constant"}.__contains__,
    "equation": lambda text: (
        len(text) <= _MAX_EQUATION and set(text) <= set("abcdefghijk.,->")
    ),
    "bias_axes": lambda text: (
        len(text) <= _MAX_AXES and text.isascii() and text.isalpha()
    ),
}
_ONE_AXIS = ("BatchNormalization", "GroupNormalization")
_MAX_SETTING = 1 << 26
_MAX_ITEMS, _MAX_FACTORS = 8, 1 << 16
_FACTORS = ("scale", "offset")  # one a channel


def layer_from_config(
    part: Part, config: Mapping[str, Any], name: str, keras_version: Version
) -> layers.Layer:
    """A fresh Keras layer, without weights.

    Args:
        part: The layer, as the file has it.
        config: Its settings, the activation replaced by one of Keras' names.
        name: What it is called here.
        keras_version: Of the writer; some settings changed their names.

    Raises:
        ModelError: If the class or a setting is not on the list.
    """
    kind, config = spelled(part.kind, config, keras_version)
    if kind not in ALLOWED or part.own:
        raise refusal(part, name)
    if config.get("data_format") not in (None, "channels_last"):
        raise ModelError(
            f"layer {name!r}: expected data_format 'channels_last'. Received: "
            f"{str(config['data_format'])[:40]!r}. Convert the model and save it again."
        )
    check_others(kind, config, ALLOWED[kind], name)
    say_what_is_lost(kind, config, name, keras_version)
    settings = {
        key: plain(config[key], lambda _: None)
        for key in ALLOWED[kind]
        if key in config
    }
    if kind in _ONE_AXIS and type(settings.get("axis", -1)) is not int:
        raise ModelError(
            f"layer {name!r}: expected a {kind} along one axis. Received: "
            f"{str(settings['axis'])[:60]}. Use one of channels alone, or a "
            "LayerNormalization."
        )
    for key, value in settings.items():
        if key != "activation":
            _check(name, key, value)
    zeros = dict.fromkeys(_DRAWN.get(kind, ()), "zeros")
    try:
        return getattr(layers, kind)(name=name, **settings, **zeros)
    except (ArithmeticError, LookupError, TypeError, ValueError) as reason:
        raise ModelError(
            f"layer {name!r}: unusable settings {str(settings)[:200]}."
        ) from reason


def _check(name: str, key: str, value: Any) -> None:
    """Raises ModelError unless a setting is a number, flag, known word or short list."""
    if isinstance(value, list):
        fine = len(value) <= (_MAX_FACTORS if key in _FACTORS else _MAX_ITEMS)
        for item in value if fine else ():
            _check(name, key, item)
    elif isinstance(value, str):
        fine = key in _WORDS and _WORDS[key](value)
    else:
        fine = value is None or (
            isinstance(value, (bool, int, float)) and abs(value) <= _MAX_SETTING
        )
    if not fine:
        raise ModelError(
            f"layer {name!r}: setting {key!r} is not supported. Received: "
            f"{str(value)[:60]!r}."
        )
