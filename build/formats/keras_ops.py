"""The operations of a frozen graph, each as Keras says it.

What has weights or a window becomes a layer, everything else an operation of Keras: both
are saved by name in a ``.keras`` file, and need no class of ours to be loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from keras import activations, layers, ops

Layers = Mapping[str, Callable[..., Any]]

# Operations of one or two tensors, or of a tensor and a constant.
ELEMENTWISE: Layers = {
    "Abs": ops.abs,
    "Add": ops.add,
    "AddV2": ops.add,
    "Elu": ops.elu,
    "Equal": ops.equal,
    "Erf": ops.erf,
    "Erfc": lambda x: ops.subtract(1.0, ops.erf(x)),
    "Exp": ops.exp,
    "Greater": ops.greater,
    "GreaterEqual": ops.greater_equal,
    "IsFinite": ops.isfinite,
    "Less": ops.less,
    "LessEqual": ops.less_equal,
    "Log": ops.log,
    "LogSoftmax": ops.log_softmax,
    "LogicalAnd": ops.logical_and,
    "LogicalNot": ops.logical_not,
    "LogicalOr": ops.logical_or,
    "Maximum": ops.maximum,
    "Minimum": ops.minimum,
    "Mul": ops.multiply,
    "Neg": ops.negative,
    "NotEqual": ops.not_equal,
    "Pow": ops.power,
    "RealDiv": ops.true_divide,
    "Relu": ops.relu,
    "Relu6": ops.relu6,
    "Rsqrt": ops.rsqrt,
    "SelectV2": ops.where,
    "Selu": ops.selu,
    "Sigmoid": ops.sigmoid,
    "Softmax": ops.softmax,
    "Softplus": ops.softplus,
    "Sqrt": ops.sqrt,
    "Square": ops.square,
    "Sub": ops.subtract,
    "Tanh": ops.tanh,
}
PASSING = frozenset(
    ["BroadcastTo", "CheckNumerics", "Identity", "IdentityN", "PreventGradient"]
    + ["Reshape", "Squeeze", "ExpandDims", "StopGradient", "StridedSlice"]
)
REDUCING: Layers = {
    "All": ops.all,
    "Any": ops.any,
    "Max": ops.max,
    "Mean": ops.mean,
    "Min": ops.min,
    "Sum": ops.sum,
}
# Names that Keras gives to operations itself, with a number.
AUTOMATIC = frozenset(
    ["argmax", "cast", "get_item", "leaky_relu", "pad", "reshape", "take"]
    + ["take_along_axis"]
    + [function.__name__ for function in (*ELEMENTWISE.values(), *REDUCING.values())]
)
WEIGHTED = frozenset(["Conv2D", "DepthwiseConv2dNative", "MatMul"])


def weighted_layer(operation: Any, kernel: np.ndarray, bias: Any, name: str) -> Any:
    """The layer that a convolution or a product with constants is; not yet called.

    Args:
        operation: Of the frozen graph, with one of the types ``WEIGHTED``.
        kernel: Its weights, as TensorFlow shapes them.
        bias: ``(units,)`` to add, or None.
        name: What the layer shall be called.
    """
    options: dict[str, Any] = {"use_bias": bias is not None, "name": name}
    if operation.type == "MatMul":
        return layers.Dense(kernel.shape[1], **options)
    options |= {
        "strides": tuple(operation.get_attr("strides")[1:3]),
        "dilation_rate": tuple(operation.get_attr("dilations")[1:3]),
        "padding": _padding(operation),
    }
    if operation.type == "Conv2D":
        return layers.Conv2D(kernel.shape[-1], kernel.shape[:2], **options)
    return layers.DepthwiseConv2D(
        kernel.shape[:2], depth_multiplier=kernel.shape[3], **options
    )


def pooling_layer(operation: Any, name: str) -> Any:
    """The layer of a ``MaxPool`` or ``AvgPool``; not yet called."""
    kind = {"MaxPool": layers.MaxPooling2D, "AvgPool": layers.AveragePooling2D}
    return kind[operation.type](
        tuple(operation.get_attr("ksize")[1:3]),
        tuple(operation.get_attr("strides")[1:3]),
        padding=_padding(operation),
        name=name,
    )


def leaky(operation: Any, x: Any) -> Any:
    """``LeakyRelu`` with the slope of the graph."""
    slope = float(operation.get_attr("alpha"))
    return activations.leaky_relu(x, negative_slope=slope)


def _padding(operation: Any) -> str:
    padding: str = operation.get_attr("padding").decode().lower()
    if padding not in ("same", "valid"):
        raise KeyError(padding)
    return padding
