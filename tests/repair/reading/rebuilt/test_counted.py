"""A layer declares no more weights than it has, or an honest file would be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest
from keras import layers

from repair.reading.rebuilt.counted import declared_weights

# A layer for images (6, 8, 4).
LAYERS: dict[str, Callable[[bool], Any]] = {
    "BatchNormalization": lambda on: layers.BatchNormalization(center=on, scale=on),
    "Conv2D": lambda on: layers.Conv2D(6, (2, 3), groups=2, use_bias=on),
    "Conv2DTranspose": lambda on: layers.Conv2DTranspose(6, 3, use_bias=on),
    "Dense": lambda on: layers.Dense(5, use_bias=on),
    "DepthwiseConv2D": lambda on: layers.DepthwiseConv2D(
        3, depth_multiplier=2, use_bias=on
    ),
    "EinsumDense": lambda on: layers.EinsumDense(
        "abcd,de->abce", (6, 8, 3), bias_axes="ce" if on else None
    ),
    "GroupNormalization": lambda on: layers.GroupNormalization(2, center=on, scale=on),
    "LayerNormalization": lambda on: layers.LayerNormalization(
        axis=[2, 3], center=on, scale=on
    ),
    "LayerNormalization as RMS": lambda on: layers.LayerNormalization(
        center=on, rms_scaling=True
    ),
    "PReLU": lambda on: layers.PReLU(shared_axes=[1, 2] if on else None),
    "RMSNormalization": lambda _: layers.RMSNormalization(),
    "SeparableConv2D": lambda on: layers.SeparableConv2D(
        5, 3, depth_multiplier=2, use_bias=on
    ),
}


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling")
@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_as_many_weights_are_counted_as_there_are(name, on):
    layer = LAYERS[name](on)
    counted = declared_weights(layer, [(None, 6, 8, 4)])
    layer(keras.Input((6, 8, 4)))
    assert counted == layer.count_params()


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("channels", [(3,), (3, 9), (9, 3, 5)])
def test_attention_is_counted_by_query_value_and_key(on, channels):
    shapes = [(None, 7, each) for each in channels]
    layer = layers.MultiHeadAttention(2, 4, value_dim=5, use_bias=on)
    counted = declared_weights(layer, shapes)
    inputs = [keras.Input(shape[1:]) for shape in shapes]
    layer(*(inputs * 2 if len(inputs) == 1 else inputs))
    assert counted == layer.count_params()
