"""The networks of ``keras.applications``, saved in each form, read, and compared."""

from __future__ import annotations

import inspect
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import layers

from repair.errors import RepairError
from repair.measuring.tables import Cell
from repair.network.inference import outputs
from repair.reading.network_file import read_network

SMALLEST = 96
_IMAGES = 4
_FORMS = (".h5", ".keras")


def names() -> list[str]:
    """The names of all networks, in order."""
    found = inspect.getmembers(keras.applications, inspect.isfunction)
    return sorted(name for name, _ in found if name[0].isupper())


def compared(
    name: str, sizes: list[str], forms: list[str]
) -> Iterator[dict[str, Cell]]:
    """A row for each size, form and shape of a network.

    Args:
        name: One of ``names``.
        sizes: ``small`` (96 x 96 and 10 classes) or ``default``.
        forms: ``whole`` or ``nested``, as the base of a transfer model.
    """
    for size in sizes:
        for form in forms:
            keras.backend.clear_session()
            keras.utils.set_random_seed(0)
            network = _network(name, size, form)
            with tempfile.TemporaryDirectory() as folder:
                for ending in _FORMS:
                    path = Path(folder) / f"network{ending}"
                    row: dict[str, Cell] = {"network": name, "size": size, "form": form}
                    yield row | {"file": ending} | _compared(network, path)


def _network(name: str, size: str, form: str) -> keras.Model:
    make = getattr(keras.applications, name)
    shape = (SMALLEST, SMALLEST, 3) if size == "small" else None
    if form == "whole":
        small = {"input_shape": shape, "classes": 10} if shape else {}
        network = make(weights=None, **small)
        _disturb(network, _images(network))
        return network
    shape = shape or make(weights=None).input_shape[1:]
    base = make(weights=None, include_top=False, input_shape=shape)
    _disturb(base, _images(base))
    base.trainable = False
    images = keras.Input(base.input_shape[1:])
    x = layers.GlobalAveragePooling2D()(base(images, training=False))
    return keras.Model(
        images, layers.Dense(10, activation="softmax")(layers.Dropout(0.2)(x))
    )


def _disturb(network: keras.Model, images: np.ndarray) -> None:
    """Weights as of a trained network: answers differ between images.

    No bias or factor stays 0 or 1, and means and variances become those of ``images``.
    """
    rng = np.random.default_rng(0)
    for variable in network.weights:
        told = variable.name in (
            "mean",
            "variance",
        )  # of Normalization, which holds copies
        if len(variable.shape) == 1 and not told:
            old, size = np.asarray(variable), variable.shape
            variable.assign(
                old * rng.uniform(0.8, 1.2, size) + rng.uniform(0, 0.1, size)
            )
    for layer in network._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    network(images, training=True)


def _compared(network: keras.Model, path: Path) -> dict[str, Cell]:
    images = _images(network)
    expected = network.predict(images, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.save(path)
    row: dict[str, Cell] = {"MB": round(path.stat().st_size / 1e6)}
    begun = time.monotonic()
    try:
        read = read_network(path)
    except RepairError as reason:
        refused = str(reason).replace(str(path), "")[:200]
        return row | {"seconds": "", "max difference": refused, "answers differ by": ""}
    seconds = time.monotonic() - begun
    difference = np.abs(outputs(read, images) - expected).max()
    return row | {
        "seconds": f"{seconds:.1f}",
        "max difference": f"{difference:.1e}",
        "answers differ by": f"{np.ptp(expected, axis=0).max():.1e}",
    }


def _images(network: keras.Model) -> np.ndarray:
    shape = (_IMAGES, *network.input_shape[1:])
    coarse = np.random.default_rng(1).uniform(0, 255, (_IMAGES, 4, 4, 3))
    sized = keras.ops.image.resize(coarse, shape[1:3])
    return np.asarray(sized, np.float32)
