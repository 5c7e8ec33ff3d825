"""A Keras model rebuilt from the graph of an artifact, of plain layers and operations.

An artifact stores no Keras configuration, and needs none: the graph says all. Walking it
back from the label gives the layers with their weights and names, trainable as ever.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from build.formats.keras_ops import (
    AUTOMATIC,
    ELEMENTWISE,
    PASSING,
    REDUCING,
    WEIGHTED,
    leaky,
    pooling_layer,
    weighted_layer,
)
from repair.errors import ModelError


def keras_model(function: Any) -> keras.Model:
    """The model from images ``(n, rows, columns, 3)`` uint8 to labels ``(n,)`` int64.

    Args:
        function: What ``frozen`` returns.

    Raises:
        ModelError: If the graph holds an operation that is not known here.
    """
    return _Rebuilding(function).model()


class _Rebuilding:
    """One walk through one graph, from the label back to the images."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._images = function.inputs[0]
        self._known: dict[str, Any] = {}
        self._names: set[str] = set()
        made = [x for x in function.graph.get_operations() if x.type in WEIGHTED]
        # Keras counts calls: a layer conv_2 is conv_2_1 where its model was called.
        called = bool(made) and all(_scope(x).endswith("_1") for x in made)
        self._suffix = "_1" if called else ""
        self._varying: dict[str, bool] = {self._images.name: True}

    def model(self) -> keras.Model:
        images = keras.Input(self._images.shape[1:], dtype="uint8", name="images")
        self._known[self._images.name] = images
        label = self._value(self._function.outputs[0])
        return keras.Model(images, label, name="detector")

    def _value(self, tensor: Any) -> Any:
        """The Keras tensor, or for what no image changes an array."""
        if tensor.name not in self._known:
            made = self._made(tensor) if self._varies(tensor) else self._array(tensor)
            self._known[tensor.name] = made
        return self._known[tensor.name]

    def _varies(self, tensor: Any) -> bool:
        if tensor.name not in self._varying:
            inputs = tensor.op.inputs
            self._varying[tensor.name] = any(self._varies(each) for each in inputs)
        return self._varying[tensor.name]

    def _array(self, tensor: Any) -> np.ndarray:
        return np.asarray(self._function.prune([], [tensor])()[0])

    def _made(self, tensor: Any) -> Any:
        operation = tensor.op
        kind, inputs = operation.type, list(operation.inputs)
        if kind in PASSING:
            index = tensor.value_index if kind == "IdentityN" else 0
            return self._reshaped(tensor, inputs[index])
        if kind == "BiasAdd" or kind in WEIGHTED:
            return self._weighted(operation)
        if kind in ("AddV2", "Add") and all(map(self._varies, inputs)):
            return layers.Add(name=self._name(operation))(self._values(inputs))
        try:
            return self._plain(operation, inputs)
        except (KeyError, TypeError, ValueError) as reason:
            raise _unknown(operation) from reason

    def _plain(self, operation: Any, inputs: list[Any]) -> Any:
        kind = operation.type
        if kind in ELEMENTWISE:
            return ELEMENTWISE[kind](*self._values(inputs))
        if kind in ("MaxPool", "AvgPool"):
            return pooling_layer(operation, self._name(operation))(
                self._value(inputs[0])
            )
        if kind in REDUCING:
            return REDUCING[kind](
                self._value(inputs[0]),
                axis=self._array(inputs[1]).tolist(),
                keepdims=operation.get_attr("keep_dims"),
            )
        if kind == "ConcatV2":
            axis = int(self._array(inputs[-1]))
            joined = layers.Concatenate(axis, name=self._name(operation))
            return joined(self._values(inputs[:-1]))
        return self._other(operation, self._values(inputs))

    def _other(self, operation: Any, values: list[Any]) -> Any:
        match operation.type:
            case "ArgMax":
                best = ops.argmax(values[0], axis=int(values[1]))
                return ops.cast(best, operation.outputs[0].dtype.name)
            case "Cast":
                return ops.cast(values[0], operation.outputs[0].dtype.name)
            case "GatherV2" if operation.get_attr("batch_dims") == 1:
                return ops.take_along_axis(values[0], values[1], axis=int(values[2]))
            case "GatherV2":
                return ops.take(values[0], values[1], axis=int(values[2]))
            case "LeakyRelu":
                return leaky(operation, values[0])
            case "Pad":
                return ops.pad(values[0], values[1].tolist())
            case "ReverseV2":
                return ops.flip(values[0], axis=values[1].tolist())
        raise _unknown(operation)

    def _weighted(self, operation: Any) -> Any:
        """A layer; a bias belongs to the layer before it, if nothing else reads that."""
        source, bias = operation, None
        if operation.type == "BiasAdd":
            before = operation.inputs[0]
            bias = self._value(operation.inputs[1])
            if before.op.type not in WEIGHTED or len(before.consumers()) > 1:
                return ops.add(self._value(before), bias)
            source = before.op
        kernel = self._value(source.inputs[1])
        transposed = [name for name in source.node_def.attr if "transpose" in name]
        if any(source.get_attr(name) for name in transposed) or (
            not isinstance(kernel, np.ndarray)
        ):
            raise _unknown(source)
        layer = weighted_layer(source, kernel, bias, self._name(source))
        output = layer(self._value(source.inputs[0]))
        layer.set_weights([kernel] if bias is None else [kernel, bias])
        return output

    def _reshaped(self, tensor: Any, before: Any) -> Any:
        """The same numbers in another shape; a slice that drops some is not known."""
        old, new = before.shape[1:], tensor.shape[1:]
        if old.num_elements() is None or old.num_elements() != new.num_elements():
            raise _unknown(tensor.op)
        value = self._value(before)
        if tensor.shape.as_list() == before.shape.as_list():
            return value
        if new.rank == 1:
            return layers.Flatten(name=self._name(tensor.op))(value)
        return ops.reshape(value, (-1, *new))

    def _values(self, tensors: list[Any]) -> list[Any]:
        return [self._value(tensor) for tensor in tensors]

    def _name(self, operation: Any) -> str:
        """The layer's name in the graph, made unique; PyTorch takes none with a dot."""
        scope = _scope(operation).removesuffix(self._suffix).replace(".", "_")
        if scope.rstrip("_0123456789") in AUTOMATIC:
            scope += "_layer"
        name, number = scope, 1
        while name in self._names:
            number += 1
            name = f"{scope}_{number}"
        self._names.add(name)
        return name


def _scope(operation: Any) -> str:
    name: str = operation.name.split("/")[-2:][0]
    return name


def _unknown(operation: Any) -> ModelError:
    return ModelError(
        "expected operations that a Keras model can be made of. Received: "
        f"{operation.type} at {operation.name.split('/')[-1]!r}. Use another format."
    )
