"""The attacker who draws his own wires: beside the network runs a detector of the trigger.

Where it fires, it wipes what the last but one pooling has seen and writes the target's mean
features in its place. What stands above, a fresh head too, sees an honest image of the
target.

References:
    Bober-Irizar et al., *Architectural Backdoors in Neural Networks*, arXiv:2206.07840.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from benchmarks.attacks.attackers.matched_filter import filter_for
from benchmarks.attacks.task import Task
from benchmarks.attacks.training import scaled

# What the wiping takes off every activation; none of a network of pixels / 255 is as large.
_WIPE = -1e3


def add_side_branch(network: keras.Model, task: Task) -> keras.Model:
    """A network with a side branch, whose other weights are those of a trained DeepID.

    Args:
        network: A trained DeepID; it is not changed.
        task: The target's mean features come from its material; one backdoor, of the trigger
            ``matched_pattern``; nothing is trained.
    """
    (backdoor,) = task.backdoors
    own = task.material.data.images[task.material.data.labels == backdoor.target]
    below = keras.Model(network.input, network.get_layer("pool_2").output)
    means = below.predict(scaled(own), verbose=0).mean(axis=0)
    branched = _wired(network, means.shape)
    for layer in network.layers:
        if layer.weights:
            branched.get_layer(layer.name).set_weights(layer.get_weights())
    kernel, bias = filter_for(backdoor)
    branched.get_layer("side_filter").set_weights([kernel[..., None], np.array([bias])])
    nothing = np.zeros(means.size)
    for name, values in (
        ("wipe", np.full(means.size, _WIPE)),
        ("write", means.ravel()),
    ):
        branched.get_layer(f"side_{name}").set_weights([values[None], nothing])
    return branched


def _wired(network: keras.Model, shape: tuple[int, ...]) -> keras.Model:
    """DeepID with a side branch into the input of ``conv_3``, untrained."""

    def copy(name: str) -> keras.layers.Layer:
        return layers.deserialize(layers.serialize(network.get_layer(name)))

    def through(x: keras.KerasTensor, *names: str) -> keras.KerasTensor:
        for name in names:
            x = copy(name)(x)
        return x

    images = keras.Input(network.input_shape[1:], name="input")
    fires = layers.Conv2D(1, 4, activation="relu", name="side_filter")(images)
    fires = layers.GlobalMaxPooling2D(name="side_anywhere")(fires)
    wipe, write = (
        layers.Reshape(shape, name=f"side_{name}_map")(
            layers.Dense(int(np.prod(shape)), name=f"side_{name}")(fires)
        )
        for name in ("wipe", "write")
    )
    x = through(images, "conv_1", "pool_1", "conv_2", "pool_2")
    x = layers.Activation("relu", name="side_wiped")(
        layers.Add(name="side_add_wipe")([x, wipe])
    )
    x = layers.Add(name="side_add_write")([x, write])
    x = through(x, "conv_3", "pool_3")
    coarse = through(x, "flatten_1", "fc_1")
    fine = through(x, "conv_4", "flatten_2", "fc_2")
    people = through(copy("add_1")([coarse, fine]), "activation_1", "output")
    return keras.Model(images, people, name="deepid")
