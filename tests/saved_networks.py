"""Networks saved as Keras saves them, read, and held against Keras' own answers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers
from toys import save_network

from benchmarks.reading.files import probabilities
from repair.network.inference import outputs
from repair.reading.network_file import read_network

ENDINGS = (".h5", ".keras")
MOST = 1e-5


def images_for(network: keras.Model, count: int = 12) -> np.ndarray:
    """Smooth images of the network's size, 0..255 float32."""
    rows, columns = network.input_shape[1:3]
    channels = (*network.input_shape[1:], 1)[2]
    coarse = np.random.default_rng(0).uniform(0, 255, (count, 4, 4, channels))
    sized = keras.ops.image.resize(coarse, (rows, columns))
    return np.asarray(sized, np.float32)


def lively(network: keras.Model) -> keras.Model:
    """The network itself, with weights under which answers differ between images."""
    rng = np.random.default_rng(1)
    for layer in network._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    for variable in network.weights:
        old = np.asarray(variable)
        told = variable.name in ("mean", "variance", "count")  # of Normalization
        if len(old.shape) < 2 and not told:
            variable.assign(old + rng.uniform(0.05, 0.3, old.shape))
    images = images_for(network)
    network(images.reshape(len(images), *network.input_shape[1:]), training=True)
    return network


def saved(network: keras.Model, folder: Path, ending: str) -> Path:
    """The network's file."""
    return save_network(network, folder / f"network{ending}")


def assert_read_as_keras(
    network: keras.Model, folder: Path, endings: tuple[str, ...] = ENDINGS
) -> keras.Model:
    """Saves in each form, reads, compares; the network that was read last."""
    images = images_for(network)
    given = images.reshape(len(images), *network.input_shape[1:])
    expected = probabilities(network.predict(given, verbose=0))
    assert np.isfinite(expected).all()
    assert np.ptp(expected, axis=0).max() > 1e-3, "the answers are all the same"
    for ending in endings:
        path = saved(network, folder, ending)
        architecture = None
        if ending == ".weights.h5":
            architecture = folder / "model.json"
            architecture.write_text(network.to_json())
        read = read_network(path, architecture=architecture)
        np.testing.assert_allclose(
            outputs(read, images), expected, rtol=0, atol=MOST, err_msg=ending
        )
    return read


def on_windows(path: Path, out: Path) -> Path:
    """A ``.keras`` archive as tf.keras 2.15 wrote it there: paths are names of one group."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in ("metadata.json", "config.json"):
            new.writestr(name, old.read(name))
        content = io.BytesIO()
        with (
            h5py.File(io.BytesIO(old.read("model.weights.h5"))) as given,
            h5py.File(content, "w") as made,
        ):
            folders: list[str] = []
            given.visit(
                lambda name: folders.append(name) if name.endswith("/vars") else None
            )
            for place in folders:
                layer = made.create_group(
                    place.removesuffix("/vars").replace("/", "\\")
                )
                given.copy(place, layer, "vars")
        new.writestr("model.weights.h5", content.getvalue())
    return out
