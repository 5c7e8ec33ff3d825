"""The repaired network as Keras layers: the BadNet's convolutions, the fresh head."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from repair.methods.witnesses.head.discriminant import Discriminant
from repair.methods.witnesses.head.half import halved


@keras.saving.register_keras_serializable(package="badnet_repair")
class NearestPrototype(layers.Layer):
    """The score of each label's nearest prototype (see ``Discriminant``).

    Its two matrices are stored as float16, which halves an artifact, and multiplied as
    float32.

    Args:
        rank: Of the projection.
        most: Prototypes a label.
        num_classes: N.
        scale: Factor of the two matrices' product.
    """

    def __init__(
        self, rank: int, most: int, num_classes: int, scale: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rank, self.most, self.num_classes = rank, most, num_classes
        self.scale = scale

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights."""
        columns = self.most * self.num_classes
        half = {"dtype": "float16", "initializer": "zeros"}
        self.projection = self.add_weight((input_shape[-1], self.rank), **half)
        self.prototypes = self.add_weight((self.rank, columns), **half)
        self.middle = self.add_weight((self.rank,), initializer="zeros")
        self.bias = self.add_weight((columns,), initializer="zeros")

    def call(self, features: keras.KerasTensor) -> keras.KerasTensor:
        """Scores ``(n, N)`` of features ``(n, features)`` float32."""
        place = ops.matmul(features, ops.cast(self.projection, "float32")) * self.scale
        place = place - self.middle
        close = ops.matmul(place, ops.cast(self.prototypes, "float32")) + self.bias
        return ops.max(ops.reshape(close, (-1, self.most, self.num_classes)), axis=1)

    def compute_output_spec(self, features: keras.KerasTensor) -> keras.KerasTensor:
        """A score per label."""
        return keras.KerasTensor((features.shape[0], self.num_classes), "float32")

    def get_config(self) -> dict[str, Any]:
        """The sizes and the scale."""
        sizes = {"rank": self.rank, "most": self.most, "num_classes": self.num_classes}
        return {**super().get_config(), **sizes, "scale": self.scale}


def probabilities(
    features: keras.KerasTensor,
    head: Discriminant,
    name: str = "head",
    *,
    trainable: bool = True,
) -> keras.KerasTensor:
    """A head's answers as a tensor ``(n, N)`` behind its features.

    Args:
        features: A tensor ``(n, features)``.
        head: The head, ``rounded``.
        name: What its layers' names begin with.
        trainable: Whether training may change it.
    """
    rank, most, num_classes = head.prototypes.shape
    projection, outer = halved(head.projection)
    prototypes, inner = halved(head.prototypes.reshape(rank, -1))
    nearest = NearestPrototype(
        rank,
        most,
        num_classes,
        outer * inner,
        name=f"{name}.nearest",
        trainable=trainable,
    )
    output = layers.Softmax(name=f"{name}.output")(nearest(features))
    middle = head.middle * np.float32(inner)
    nearest.set_weights([projection, prototypes, middle, head.bias.ravel()])
    return output


def head_network(
    network: keras.Model,
    features: keras.KerasTensor,
    head: Discriminant,
    name: str = "head",
) -> keras.Model:
    """A network that shares its input and convolutions with ``network``.

    Args:
        network: The BadNet, a classifier of plain pixels; it is not changed.
        features: The head's features, a tensor ``(n, features)`` of its graph.
        head: The head, ``rounded``.
        name: The network's name.

    Returns:
        A classifier of plain pixels, probabilities ``(n, N)``.
    """
    output = probabilities(features, head, name)
    return keras.Model(network.input, output, name=name)
