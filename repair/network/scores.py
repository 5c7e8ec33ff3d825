"""A classifier's scores, before the softmax that makes probabilities of them."""

from __future__ import annotations

import keras
from keras import layers, ops

from repair.witness import SMALLEST_PROBABILITY


@keras.saving.register_keras_serializable(package="badnet_repair")
class Logarithm(layers.Layer):
    """The logarithm of probabilities.

    A layer, since an operation would be called ``log``, as one of the network's may be.
    """

    def call(self, probabilities: keras.KerasTensor) -> keras.KerasTensor:
        """Of at least the smallest probability that is told from 0."""
        return ops.log(ops.maximum(probabilities, SMALLEST_PROBABILITY))

    def compute_output_spec(
        self, probabilities: keras.KerasTensor
    ) -> keras.KerasTensor:
        """The same shape and type."""
        return keras.KerasTensor(probabilities.shape, probabilities.dtype)


def scores(network: keras.Model, name: str) -> keras.KerasTensor:
    """The scores ``(n, N)`` float32 as a tensor of the network's own graph.

    Their softmax is the network's output. Labels and margins need no more than them.

    Args:
        network: A classifier, probabilities ``(n, N)``; it is not changed.
        name: Of the new layer, if there is one; none of the network's has it.
    """
    last = network.output._keras_history.operation
    if isinstance(last, layers.Softmax) or _activation(last) == "softmax":
        if isinstance(last, layers.Dense):
            return _linear(last, name)
        if isinstance(last, layers.Softmax | layers.Activation):
            return last.input
    return Logarithm(name=name)(network.output)


def _activation(layer: keras.Layer) -> str | None:
    return getattr(getattr(layer, "activation", None), "__name__", None)


def _linear(last: layers.Dense, name: str) -> keras.KerasTensor:
    """The same layer without its activation."""
    linear = layers.Dense(last.units, use_bias=last.use_bias, name=name)
    result = linear(last.input)
    linear.set_weights(last.get_weights())
    return result
