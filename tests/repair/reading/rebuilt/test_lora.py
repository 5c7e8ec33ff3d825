"""Networks tuned by LoRA answer as Keras' own, however the file keeps the factors."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from toys import SHAPE, change_model, random_weights, save_network, toy_network

from repair.errors import ModelError
from repair.reading.network_file import read_network

IMAGES = np.random.default_rng(0).random((4, *SHAPE), np.float32)


def tuned(network: keras.Model, alpha: int | None = None) -> keras.Model:
    """The network itself, every kernel of it with factors."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            tuned(layer, alpha)
        elif hasattr(layer, "enable_lora"):
            layer.enable_lora(2, lora_alpha=alpha)
    return network


def nested() -> keras.Model:
    inner = toy_network()
    base = keras.Model(inner.input, inner.get_layer("flatten_1").output, name="base")
    images = keras.Input(SHAPE)
    x = layers.Dense(6, use_bias=False)(base(images))
    return keras.Model(images, layers.Dense(5, activation="softmax")(x))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("alpha", [None, 5])
@pytest.mark.parametrize("made", [toy_network, nested])
def test_read_as_keras_answers(tmp_path, made, alpha, ending):
    network = random_weights(tuned(made(), alpha))
    read = read_network(save_network(network, tmp_path / f"x{ending}"))
    plain = made()
    for mine, theirs in zip(read.get_weights(), plain.get_weights(), strict=True):
        assert mine.shape == theirs.shape
    np.testing.assert_allclose(read(IMAGES), network(IMAGES), atol=1e-6)


@pytest.mark.parametrize("trained", [False, True])
def test_kernels_stand_first_where_all_or_nothing_is_trained(tmp_path, trained):
    network = random_weights(tuned(toy_network()))
    network.trainable = False
    network.trainable = trained
    read = read_network(save_network(network, tmp_path / "x.h5"))
    np.testing.assert_allclose(read(IMAGES), network(IMAGES), atol=1e-6)


def test_a_strength_that_is_no_number_is_refused(tmp_path):
    path = save_network(tuned(toy_network()), tmp_path / "x.h5")

    def spoil(file) -> None:
        text = file.attrs["model_config"]
        file.attrs["model_config"] = text.replace(
            '"lora_alpha": 2', '"lora_alpha": "2"'
        )

    change_model(path, spoil)
    with pytest.raises(ModelError, match="expected a number as 'lora_alpha'"):
        read_network(path)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_crop_of_training_is_named_where_layers_do_not_fit(tmp_path, ending):
    images = keras.Input(SHAPE)
    x = layers.Flatten()(layers.RandomCrop(10, 8, name="crop")(images))
    network = keras.Model(images, layers.Dense(5, activation="softmax")(x))
    path = save_network(network, tmp_path / f"x{ending}")
    with pytest.raises(ModelError, match=r"in layer 'crop' while .* of 8 x 10\."):
        read_network(path)
