"""Arithmetic between layers, as ``x / 255`` writes it: rebuilt from layers of Keras.

Keras 3 writes an ``Operation`` of its own modules, tf.keras 2 a ``TFOpLambda`` with the
name of a function of TensorFlow. Both names are looked up in ``operator_list``, and
nowhere else; a name that is not on it is refused, and nothing is called by it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from repair.errors import ModelError
from repair.reading.described.parts import OF_TENSORFLOW, Part
from repair.reading.rebuilt.operators import choosing, sizes, whole_numbers
from repair.reading.rebuilt.operators.axes import with_channels_last
from repair.reading.rebuilt.operators.operator_list import OPERATORS
from repair.reading.rebuilt.operators.tensorflow_layers import KIND, described
from repair.reading.rebuilt.operators.use import Use


def operator_applied(part: Part, use: Use) -> Any:
    """The tensor that an operator makes.

    Raises:
        ModelError: If it is not on the list, or used in a way that can not be rebuilt.
    """
    named = part.config.get("function") if part.kind in OF_TENSORFLOW else part.kind
    if part.kind == KIND:
        named, (given, settings) = described(part.config, use.values)
        use = replace(use, values=given, settings=settings)
    try:
        result = _applied(str(named), use)
    except (ArithmeticError, LookupError, TypeError, ValueError) as reason:
        raise use.unfit() from reason  # of numbers that fit no tensor
    use.check_all_seen()
    return result


def _applied(named: str, use: Use) -> Any:
    key = _key(named)
    if sizes.of_sizes(use):
        return sizes.computed(key, use)
    operator = OPERATORS.get(key)
    if operator is None:
        raise ModelError(
            f"operation {named[:60]!r} of layer {use.name!r} is not supported. "
            "docs/networks.md lists those that are, such as truediv, mean and reshape. Use "
            "a layer of Keras instead, and save the model again."
        )
    if use.number and operator is not choosing.split:
        raise use.unfit()
    result = with_channels_last(operator, use)
    whole_numbers.follow(key, use, result)
    return result


def own_settings(part: Part) -> dict[str, Any]:
    """What an operator is set to, without what every layer of tf.keras has."""
    of_layers = {"name", "trainable", "function"}
    if part.kind in OF_TENSORFLOW:  # that of an operator of Keras 3 is what it casts to
        of_layers.add("dtype")
    return {key: value for key, value in part.config.items() if key not in of_layers}


def _key(name: str) -> str:
    """``math.reduce_mean`` is reducemean; so are ``ReduceMean`` and ``reduce_mean``."""
    for module in ("math.", "nn.", "linalg.", "compat.v1.", "__operators__."):
        name = name.removeprefix(module)
    return name.lower().replace("_", "")
