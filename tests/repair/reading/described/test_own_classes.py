"""Models of a class of their maker's own: its code is not in the file."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers
from saved_networks import saved

from repair.errors import ModelError
from repair.reading.network_file import read_network


class OwnStep(keras.Model):
    """As Keras' guide has it: a functional model, trained in another way."""

    def train_step(self, data: Any) -> Any:
        return {}


class Model(keras.Model):
    """Called like the one of Keras, which it is not."""

    def call(self, inputs: Any, *, training: bool = False) -> Any:
        return 1.0 - super().call(inputs, training=training)


def made(kind: type[keras.Model]) -> keras.Model:
    images = keras.Input((8, 8, 3))
    scores = layers.Dense(4, activation="softmax")(layers.Flatten()(images))
    return kind(images, scores)


@pytest.mark.parametrize("kind", [OwnStep, Model])
def test_own_class_is_refused_with_a_remedy(tmp_path, kind):
    path = saved(made(kind), tmp_path, ".keras")
    with pytest.raises(ModelError, match=r"save keras\.Model\(m\.inputs") as refusal:
        read_network(path)
    assert kind.__name__ in str(refusal.value)
    plain = made(kind)
    plain = keras.Model(plain.inputs, plain.outputs)
    read_network(saved(plain, tmp_path, ".keras"))


def test_own_class_within_a_model_is_refused(tmp_path):
    images = keras.Input((8, 8, 3))
    network = keras.Model(images, made(Model)(images))
    with pytest.raises(ModelError, match="not in the file"):
        read_network(saved(network, tmp_path, ".keras"))
