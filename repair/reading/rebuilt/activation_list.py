"""Activations, each with the meaning that it had in the Keras that wrote the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import layers

from repair.errors import ModelError
from repair.reading.described.writer import Version
from repair.reading.rebuilt.old_spellings import spelled

_OTHER_NAMES = {
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
    "swish": "silu",
    "hard_swish": "hard_silu",
}
_ACTIVATIONS = frozenset(
    ["celu", "elu", "exponential", "gelu", "hard_shrink", "hard_silu", "hard_sigmoid"]
    + [
        "hard_tanh",
        "leaky_relu",
        "linear",
        "log_sigmoid",
        "log_softmax",
        "mish",
        "relu",
    ]
    + ["relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus"]
    + ["softsign", "sparse_sigmoid", "sparsemax", "squareplus", "tanh", "tanh_shrink"]
)
# Layers that may stand as an activation, and their settings.
_LAYERS: Mapping[str, tuple[str, ...]] = {
    "ELU": ("alpha",),
    "LeakyReLU": ("negative_slope",),
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "Softmax": ("axis",),
}


def activation_from(
    value: Any, name: str, keras_version: Version
) -> tuple[str, list[layers.Layer]]:
    """An activation's name, and layers for what no name says.

    Args:
        value: As the file has it.
        name: Of its layer.
        keras_version: Of the writer.

    Returns:
        One of Keras' names, and none to two layers to be put behind.

    Raises:
        ModelError: If it is not on the list.
    """
    if isinstance(value, dict):
        if value.get("class_name") != "function":
            return "linear", [_layer(value, name, keras_version)]
        value = str(value.get("config"))
    if value is None:  # as Keras writes it where there is none
        return "linear", []
    known = _OTHER_NAMES.get(value, value) if isinstance(value, str) else None
    if known not in _ACTIVATIONS:
        raise _unknown(name, value)
    if known == "hard_sigmoid" and keras_version < (3, 0):
        # Keras 2 clips 0.2 x + 0.5, Keras 3 clips x / 6 + 0.5.
        return "linear", [
            layers.Rescaling(0.2, 0.5, name=f"{name}.slope"),
            layers.ReLU(max_value=1.0, name=f"{name}.clip"),
        ]
    return known, []


def _layer(value: dict[str, Any], name: str, keras_version: Version) -> layers.Layer:
    config = value.get("config")
    kind, config = spelled(
        str(value.get("class_name")),
        config if isinstance(config, dict) else {},
        keras_version,
    )
    settings = {key: config[key] for key in _LAYERS.get(kind, ()) if key in config}
    plain = all(x is None or type(x) in (int, float) for x in settings.values())
    if kind not in _LAYERS or not plain:
        raise _unknown(name, kind)
    try:
        return getattr(layers, kind)(name=f"{name}.activation", **settings)
    except (TypeError, ValueError) as reason:
        raise ModelError(
            f"layer {name!r}: unusable settings of its activation {kind}: {settings}."
        ) from reason


def _unknown(name: str, received: Any) -> ModelError:
    known = ", ".join(sorted([*_ACTIVATIONS, *_LAYERS]))
    return ModelError(
        f"layer {name!r}: its activation is not supported. Expected one of: {known}; a layer "
        "such as PReLU behind this one, not as its activation. Received: "
        f"{str(received)[:60]!r}."
    )
