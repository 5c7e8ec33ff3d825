"""Targets: what holds a network."""

from __future__ import annotations

import io
import json
import warnings

import h5py
import keras
import numpy as np

from benchmarks.fuzz.asking import CLASSES, FOLDER, SHAPE, refused, written
from repair.reading.network_file import network_from, read_network
from repair.reading.stored.network_source import Source


def plain_network() -> keras.Model:
    """The network that seeds hold, and whose weights architectures are given."""
    layers = keras.layers
    images = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(2, 3, activation="relu", name="conv_3")(images)
    x = layers.GlobalMaxPooling2D(name="pool")(layers.MaxPooling2D(2)(x))
    scores = layers.Dense(CLASSES, activation="softmax", name="output")(x)
    return keras.Model(images, scores)


def model(content: bytes) -> None:
    """A network file, HDF5."""
    path = written("network.h5", content)
    refused(lambda: read_network(path))


def archive(content: bytes) -> None:
    """A network file, ``.keras``."""
    path = written("network.keras", content)
    refused(lambda: read_network(path))


def description(content: bytes) -> None:
    """A network's description, as JSON; no weights fit it."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return
    with h5py.File(io.BytesIO(), "w") as empty:
        empty.attrs["layer_names"] = np.array([], "S1")
        refused(lambda: network_from(Source(parsed, (3, 15), "", empty)))


def architecture(content: bytes) -> None:
    """A file of a description beside whole weights."""
    weights = FOLDER / "whole.weights.h5"
    if not weights.exists():
        with warnings.catch_warnings():  # Keras' own use of NumPy
            warnings.simplefilter("ignore", DeprecationWarning)
            plain_network().save_weights(weights)
    path = written("architecture.json", content)
    refused(lambda: read_network(weights, architecture=path))
