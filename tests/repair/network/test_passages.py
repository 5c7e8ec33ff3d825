"""Passages: places that everything a network computes goes through."""

from __future__ import annotations

import keras
import pytest
from keras import layers
from toys import toy_network

from repair.network.passages import passages


def names(network: keras.Model) -> list[str]:
    """Which layers' outputs are passages."""
    by_tensor = {id(layer.output): layer.name for layer in network.layers}
    return [by_tensor[id(each.tensor)] for each in passages(network)]


def test_every_layer_of_a_chain_is_a_passage():
    network = toy_network()
    assert names(network) == [layer.name for layer in network.layers]


@pytest.mark.parametrize("join", [layers.Add, layers.Concatenate, layers.Multiply])
def test_branches_are_none_and_where_they_join_is_one(join):
    images = keras.Input((8, 8, 3), name="images")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(images)
    one = layers.Conv2D(4, 3, padding="same", name="one")(x)
    one = layers.Conv2D(4, 3, padding="same", name="two")(one)
    x = join(name="joined")([x, one])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    network = keras.Model(images, layers.Dense(2, name="output")(x))
    assert names(network) == ["images", "stem", "joined", "mean", "output"]
    assert passages(network)[2].mixing == ("stem", "one", "two")


def test_a_branch_past_everything_leaves_only_the_ends():
    images = keras.Input((8, 8, 3), name="images")
    x = layers.Conv2D(4, 3, padding="same", name="stem")(images)
    both = [layers.Flatten()(images), layers.Flatten()(x)]
    joined = layers.Concatenate(name="joined")(both)
    network = keras.Model(images, layers.Dense(2, name="output")(joined))
    assert names(network) == ["images", "joined", "output"]


def test_scaling_layers_do_not_mix():
    network = toy_network(normalised=True)
    mixing = passages(network)[-1].mixing
    assert mixing == ("conv_1", "conv_3", "fc_1", "output")
