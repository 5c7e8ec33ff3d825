"""How a layer is called: masks are kept or refused, inputs are found by name as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import assert_read_as_keras, images_for, lively, saved

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.network.preprocessing import at_scale
from repair.reading.network_file import read_network

SHAPE = (12, 10, 3)
Made = Callable[[Any], Any]


def network(made: Made) -> keras.Model:
    """A classifier of images whose rows are words of a sentence."""
    images = keras.Input(SHAPE)
    words = layers.Reshape((12, 30))(layers.Rescaling(1 / 255)(images))
    made_of_it = layers.Flatten()(made(words))
    return lively(keras.Model(images, layers.Dense(4, "softmax")(made_of_it)))


def attended(**call: Any) -> Made:
    return lambda x: layers.MultiHeadAttention(2, 4)(x, x, **call)


def listed(kind: type[keras.Layer], **call: Any) -> Made:
    return lambda x: kind()([x, layers.Dense(30)(x)], **call)


CAUSAL = {
    "many heads": attended,
    "Attention": lambda **call: listed(layers.Attention, **call),
    "AdditiveAttention": lambda **call: listed(layers.AdditiveAttention, **call),
}


@pytest.mark.parametrize("kind", CAUSAL)
def test_a_causal_mask_is_kept_by_every_copy(kind, tmp_path):
    one, other = (
        network(CAUSAL[kind](use_causal_mask=value)) for value in (True, False)
    )
    other.set_weights(one.get_weights())
    images = images_for(one)
    expected = one.predict(images, verbose=0)
    assert np.abs(other.predict(images, verbose=0) - expected).max() > 1e-3
    read = assert_read_as_keras(one, tmp_path)
    for copy in (at_scale(read, 1.0), keras.models.clone_model(read)):
        copy.set_weights(read.get_weights())
        np.testing.assert_allclose(outputs(copy, images), expected, atol=1e-5)


def with_masked_softmax(x: Any) -> Any:
    mask = np.arange(30) % 2 == 0
    return layers.Softmax()(x, mask=mask[None, None])


@pytest.mark.parametrize(
    ("made", "received"),
    [
        (
            attended(attention_mask=np.tril(np.ones((1, 12, 12), bool))),
            "attention_mask",
        ),
        (lambda x: attended(attention_mask=layers.Dense(12)(x))(x), "attention_mask"),
        (with_masked_softmax, "mask"),
    ],
)
@pytest.mark.filterwarnings("ignore:Layer 'flatten")  # of masks, by Keras
def test_other_masks_are_refused(made, received, tmp_path):
    path = saved(network(made), tmp_path, ".keras")
    with pytest.raises(ModelError, match=f"Received: {received} as well") as refused:
        read_network(path)
    assert "\n" not in str(refused.value)


def model_called_by_name(x: Any) -> Any:
    inner = keras.Sequential([keras.Input((12, 30)), layers.Dense(5)])
    return inner(inputs=x)


@pytest.mark.parametrize(
    "made",
    [
        lambda x: layers.Conv1D(4, 3)(inputs=x),
        lambda x: layers.MultiHeadAttention(2, 4)(query=x, value=layers.Dense(9)(x)),
        lambda x: layers.MultiHeadAttention(2, 4)(
            x, key=layers.Dense(9)(x), value=layers.Dense(7, "tanh")(x)
        ),
        lambda x: attended(return_attention_scores=True)(x)[0],
        lambda x: layers.Dropout(0.5)(x, training=False),
        lambda x: layers.BatchNormalization()(x, training=False),
        model_called_by_name,
    ],
)
def test_inputs_by_name_and_harmless_words_are_read(made, tmp_path):
    assert_read_as_keras(network(made), tmp_path, (".keras",))


def test_attention_scores_that_are_used_are_refused_by_what_they_are(tmp_path):
    path = saved(
        network(lambda x: attended(return_attention_scores=True)(x)[1]),
        tmp_path,
        ".keras",
    )
    with pytest.raises(ModelError, match=r"only its first result.*attention scores"):
        read_network(path)
