"""Networks of a few kilobytes that would fill the memory are refused before they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers, ops
from saved_networks import saved

from repair.errors import ModelError
from repair.network.answering import most_bytes
from repair.reading.network_file import read_network

PLACES = 160 * 128


def scored(x: Any) -> Any:
    return layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D()(x))


def product_end(x: Any) -> Any:
    return ops.matmul(x, ops.transpose(x, (0, 2, 1)))


BOMBS: dict[str, Callable[[Any], Any]] = {
    "attention": lambda x: scored(layers.Attention()([x, x])),
    "additive": lambda x: scored(layers.AdditiveAttention()([x, x])),
    "heads": lambda x: scored(layers.MultiHeadAttention(1, 1)(x, x)),
    "product": product_end,
    "joined": lambda x: layers.Concatenate()([layers.UpSampling1D(1024)(x)] * 4),
    "patches": lambda x: ops.image.extract_patches(
        layers.Reshape((160, 128, 1))(x), 120
    ),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_what_is_made_within_or_at_the_end_is_bounded(bomb, tmp_path: Path):
    images = keras.Input((160, 128, 1))
    network = keras.Model(images, bomb(layers.Reshape((PLACES, 1))(images)))
    path = saved(network, tmp_path, ".keras")
    with pytest.raises(ModelError, match=r"too large|not supported"):
        read_network(path)


def attending(axes: tuple[int, ...] | None) -> keras.Model:
    images = keras.Input((96, 96, 4))
    x = layers.MultiHeadAttention(2, 4, attention_axes=axes)(images, images)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(3, "softmax")(x))


def test_attention_along_rows_makes_a_table_for_each_row(tmp_path: Path):
    rows = saved(attending((2,)), tmp_path, ".keras")
    assert read_network(rows).output_shape == (None, 3)
    everywhere = saved(attending(None), tmp_path, ".keras")  # 2 x 9,216 x 9,216
    with pytest.raises(ModelError, match="table of attention"):
        read_network(everywhere)


def test_one_layer_called_many_times_does_not_add_up(tmp_path: Path):
    images = keras.Input((512, 512, 3))
    same = layers.Conv2D(3, 1)
    x = images
    for _ in range(60):
        x = same(x)
    x = layers.GlobalAveragePooling2D()(x)
    network = keras.Model(images, layers.Dense(3, "softmax")(x))
    assert most_bytes(read_network(saved(network, tmp_path, ".keras"))) < 10 << 20
