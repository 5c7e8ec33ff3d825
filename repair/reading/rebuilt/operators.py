"""Arithmetic between layers, as ``x / 255`` writes it: rebuilt from layers of Keras.

Keras 3 writes an ``Operation`` of its own modules, tf.keras 2 a ``TFOpLambda`` with the
name of a function of TensorFlow. Both names are looked up in the short list below, and
nowhere else; a name that is not on it is refused, and nothing is called by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from repair.errors import ModelError
from repair.reading.described.parts import OF_TENSORFLOW, Part
from repair.reading.rebuilt import shape_operators as shapes
from repair.reading.rebuilt import value_operators as values
from repair.reading.rebuilt.operator_use import Use

Operator = Callable[[Use], Any]


def operator_applied(part: Part, use: Use) -> Any:
    """The tensor that an operator makes.

    Raises:
        ModelError: If it is not on the list, or used in a way that can not be rebuilt.
    """
    named = part.config.get("function") if part.kind in OF_TENSORFLOW else part.kind
    short = str(named).removeprefix("math.").removeprefix("nn.")
    operator = _OPERATORS.get(
        short.removeprefix("__operators__.").lower().replace("_", "")
    )
    if operator is None:
        raise ModelError(
            f"operation {str(named)[:60]!r} of layer {use.name!r} is not supported. "
            f"Expected one of: {', '.join(_OPERATORS)}."
        )
    return operator(use)


_OPERATORS: Mapping[str, Operator] = {
    "add": values.add,
    "addv2": values.add,
    "biasadd": values.add,
    "cast": values.identity,
    "clip": values.clip,
    "clipbyvalue": values.clip,
    "concat": shapes.concatenate,
    "concatenate": shapes.concatenate,
    "divide": values.divide,
    "dropout": values.identity,
    "elu": values.activation("elu"),
    "exp": values.activation("exponential"),
    "expanddims": shapes.expand_dims,
    "gelu": values.gelu,
    "getitem": shapes.get_item,
    "hardsigmoid": values.activation("hard_sigmoid"),
    "hardsilu": values.activation("hard_silu"),
    "identity": values.identity,
    "image.resize": shapes.resize,
    "leakyrelu": values.leaky_relu,
    "max": shapes.highest,
    "maximum": values.maximum,
    "mean": shapes.mean,
    "minimum": values.minimum,
    "multiply": values.multiply,
    "mul": values.multiply,
    "neg": values.negative,
    "negative": values.negative,
    "pad": shapes.pad,
    "permute": shapes.transpose,
    "power": values.power,
    "pow": values.power,
    "reducemax": shapes.highest,
    "reducemean": shapes.mean,
    "relu": values.activation("relu"),
    "relu6": values.activation("relu6"),
    "reshape": shapes.reshape,
    "resize": shapes.resize,
    "selu": values.activation("selu"),
    "sigmoid": values.activation("sigmoid"),
    "silu": values.activation("silu"),
    "softmax": values.softmax,
    "softplus": values.activation("softplus"),
    "square": values.square,
    "squeeze": shapes.squeeze,
    "stack": shapes.stack,
    "stopgradient": values.identity,
    "sub": values.subtract,
    "subtract": values.subtract,
    "swish": values.activation("silu"),
    "tanh": values.activation("tanh"),
    "transpose": shapes.transpose,
    "truediv": values.divide,
    "truedivide": values.divide,
}
