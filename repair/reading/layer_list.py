"""The layers a BadNet may consist of, rebuilt from their plain settings.

Nothing named in a file is looked up or imported: a layer is made only if its class is
listed here, from the settings listed here, with an activation listed here. So a Lambda
layer, a custom class or a registered name is refused, and can not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import layers

from repair.errors import ModelError

_ACTIVATIONS = frozenset(
    ["elu", "gelu", "leaky_relu", "linear", "relu", "relu6", "selu"]
    + ["sigmoid", "silu", "softmax", "softplus", "swish", "tanh"]
)
_CONVOLUTION = ("strides", "padding", "dilation_rate", "activation", "use_bias")
_POOLING = ("pool_size", "strides", "padding")

# `hard_sigmoid` is another function in Keras 2 than in Keras 3, so it is not taken.
# Class -> the settings that matter when the network answers; all others (initializers,
# regularizers, constraints, training flags) are ignored.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "Activation": ("activation",),
    "Add": (),
    "AveragePooling2D": _POOLING,
    "BatchNormalization": ("axis", "epsilon", "center", "scale"),
    "Concatenate": ("axis",),
    "Conv2D": ("filters", "kernel_size", *_CONVOLUTION),
    "Dense": ("units", "activation", "use_bias"),
    "DepthwiseConv2D": ("kernel_size", "depth_multiplier", *_CONVOLUTION),
    "Dropout": ("rate",),
    "Flatten": (),
    "GlobalAveragePooling2D": (),
    "GlobalMaxPooling2D": (),
    "MaxPooling2D": _POOLING,
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "Softmax": ("axis",),
    "ZeroPadding2D": ("padding",),
}
MERGING = frozenset({"Add", "Concatenate"})
_MAX_SETTING = 1 << 16


def layer_from_config(class_name: str, config: Mapping[str, Any]) -> layers.Layer:
    """A fresh Keras layer, without weights.

    Args:
        class_name: The layer's class, as the file has it.
        config: The layer's settings, as the file has them.

    Raises:
        ModelError: If the class, a setting or an activation is not on the list.
    """
    if class_name not in ALLOWED:
        raise ModelError(
            f"layer of class {class_name[:60]!r} is not supported, since it may run "
            f"code. Expected one of: {', '.join(sorted(ALLOWED))}."
        )
    if config.get("data_format", "channels_last") != "channels_last":
        raise ModelError(f"{class_name}: expected data_format 'channels_last'.")
    settings = {key: config[key] for key in ALLOWED[class_name] if key in config}
    if class_name == "BatchNormalization" and isinstance(settings.get("axis"), list):
        (settings["axis"],) = settings["axis"]  # as Keras 2 writes it
    for key, value in settings.items():
        _check(class_name, key, value)
    try:
        return getattr(layers, class_name)(name=config["name"], **settings)
    except (KeyError, TypeError, ValueError) as reason:
        raise ModelError(f"{class_name}: unusable settings {settings}.") from reason


def _check(class_name: str, key: str, value: Any) -> None:
    """Raises ModelError unless a setting is a small number, flag, word or list."""
    if key == "activation":
        fine = isinstance(value, str) and value in _ACTIVATIONS
    elif isinstance(value, list):
        fine = len(value) <= 4
        for item in value:
            _check(class_name, key, item)
    elif isinstance(value, str):
        fine = key == "padding" and value in ("valid", "same")
    else:
        fine = value is None or (
            isinstance(value, (bool, int, float)) and abs(value) <= _MAX_SETTING
        )
    if not fine:
        raise ModelError(
            f"{class_name}: setting {key!r} is not supported. Received: "
            f"{str(value)[:60]!r}."
        )
