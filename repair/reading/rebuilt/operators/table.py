"""Arithmetic between layers, as ``x / 255`` writes it: rebuilt from layers of Keras.

Keras 3 writes an ``Operation`` of its own modules, tf.keras 2 a ``TFOpLambda`` with the
name of a function of TensorFlow. Both names are looked up in the short list below, and
nowhere else; a name that is not on it is refused, and nothing is called by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from keras import layers

from repair.errors import ModelError
from repair.reading.described.parts import OF_TENSORFLOW, Part
from repair.reading.rebuilt.operators import (
    choosing,
    images,
    matrices,
    pairs,
    reducing,
    repeating,
    shapes,
    sizes,
    values,
)
from repair.reading.rebuilt.operators.axes import with_channels_last
from repair.reading.rebuilt.operators.tensorflow_layers import KIND, described
from repair.reading.rebuilt.operators.use import Use

Operator = Callable[[Use], Any]


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
    operator = _OPERATORS.get(key)
    if operator is None:
        raise ModelError(
            f"operation {named[:60]!r} of layer {use.name!r} is not supported. "
            "docs/networks.md lists those that are, such as truediv, mean and reshape. Use "
            "a layer of Keras instead, and save the model again."
        )
    if use.number and operator is not choosing.split:
        raise use.unfit()
    return with_channels_last(operator, use)


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


_OPERATORS: Mapping[str, Operator] = {
    "abs": values.function("abs"),
    "absolute": values.function("abs"),
    "add": pairs.add,
    "addv2": pairs.add,
    "amax": reducing.reduced("max"),
    "amin": reducing.reduced("min"),
    "averagepool": images.pooled(layers.AveragePooling2D),
    "avgpool": images.pooled(layers.AveragePooling2D),
    "avgpool2d": images.pooled(layers.AveragePooling2D),
    "batchmatmulv2": pairs.matmul,
    "biasadd": pairs.add,
    "cast": values.identity,
    "celu": values.with_number("celu", "alpha", 1.0),
    "clip": values.clip,
    "clipbyvalue": values.clip,
    "concat": shapes.concatenate,
    "concatenate": shapes.concatenate,
    "concatv2": shapes.concatenate,
    "converttotensor": values.identity,
    "depthtospace": images.blocks("depth_to_space"),
    "div": pairs.divide,
    "divide": pairs.divide,
    "dot": matrices.times,
    "elu": values.with_number("elu", "alpha", 1.0),
    "erf": values.function("erf"),
    "exp": values.activation("exponential"),
    "expanddims": shapes.expand_dims,
    "extractpatches": images.patches,
    "flatten": shapes.flatten,
    "flip": choosing.flip,
    "gather": choosing.take,
    "gelu": values.gelu,
    "getitem": choosing.get_item,
    "hardsigmoid": values.activation("hard_sigmoid"),
    "hardsilu": values.activation("hard_silu"),
    "hardswish": values.activation("hard_silu"),
    "hardtanh": values.activation("hard_tanh"),
    "identity": values.identity,
    "image.grayscaletorgb": repeating.grey_to_rgb,
    "image.perimagestandardization": images.standardized,
    "image.resize": images.resize,
    "image.rgbtograyscale": images.grey,
    "l2normalize": values.normalize,
    "leakyrelu": values.leaky_relu,
    "log": values.function("log"),
    "log1p": values.function("log1p"),
    "logsoftmax": values.log_softmax,
    "logsigmoid": values.activation("log_sigmoid"),
    "matmul": pairs.matmul,
    "max": reducing.reduced("max"),
    "maximum": pairs.maximum,
    "maxpool": images.pooled(layers.MaxPooling2D),
    "maxpool2d": images.pooled(layers.MaxPooling2D),
    "mean": reducing.reduced("mean"),
    "min": reducing.reduced("min"),
    "minimum": pairs.minimum,
    "mish": values.activation("mish"),
    "mul": pairs.multiply,
    "multiply": pairs.multiply,
    "neg": values.negative,
    "negative": values.negative,
    "normalize": values.normalize,
    "oneslike": repeating.filled(1.0),
    "pack": shapes.stack,
    "pad": repeating.pad,
    "permute": shapes.transpose,
    "pow": values.power,
    "power": values.power,
    "realdiv": pairs.divide,
    "reciprocal": values.function("reciprocal"),
    "reducemax": reducing.reduced("max"),
    "reducemean": reducing.reduced("mean"),
    "reducemin": reducing.reduced("min"),
    "reducestd": reducing.reduced("std"),
    "reducesum": reducing.reduced("sum"),
    "relu": values.relu,
    "relu6": values.activation("relu6"),
    "repeat": repeating.repeat,
    "reshape": shapes.reshape,
    "resize": images.resize,
    "resizebilinear": images.resize,
    "reverse": choosing.flip,
    "reversev2": choosing.flip,
    "rgbtograyscale": images.grey,
    "roll": repeating.roll,
    "rsqrt": values.function("rsqrt"),
    "selu": values.activation("selu"),
    "shape": sizes.shape,
    "sigmoid": values.activation("sigmoid"),
    "silu": values.with_number("silu", "beta", 1.0),
    "softmax": values.softmax,
    "softplus": values.activation("softplus"),
    "softsign": values.activation("softsign"),
    "spacetodepth": images.blocks("space_to_depth"),
    "split": choosing.split,
    "sqrt": values.function("sqrt"),
    "square": values.square,
    "squareplus": values.with_number("squareplus", "b", 4.0),
    "squeeze": shapes.squeeze,
    "stack": shapes.stack,
    "std": reducing.reduced("std"),
    "stopgradient": values.identity,
    "stridedslice": choosing.get_item,
    "sub": pairs.subtract,
    "subtract": pairs.subtract,
    "sum": reducing.reduced("sum"),
    "swapaxes": shapes.swap_axes,
    "swish": values.with_number("silu", "beta", 1.0),
    "take": choosing.take,
    "tanh": values.activation("tanh"),
    "tanhshrink": values.activation("tanh_shrink"),
    "tensordot": matrices.tensordot,
    "tile": repeating.tile,
    "transpose": shapes.transpose,
    "truediv": pairs.divide,
    "truedivide": pairs.divide,
    "zeroslike": repeating.filled(0.0),
}
