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
from repair.reading.network_file import read_network

SMALLEST = 96
_IMAGES = 4
_FORMS = (".h5", ".keras")
# Default rows and columns by what is in a network's name; 224 for all others.
_SIDES = {
    **{
        "Xception": 299,
        "InceptionV3": 299,
        "InceptionResNetV2": 299,
        "NASNetLarge": 331,
    },
    **{"NetB1": 240, "NetV2B1": 240, "NetB2": 260, "NetV2B2": 260, "NetB3": 300},
    **{"NetV2B3": 300, "NetV2S": 384, "NetV2M": 480, "NetV2L": 480, "NetB4": 380},
    **{"NetB5": 456, "NetB6": 528, "NetB7": 600},
}


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
        side = SMALLEST if size == "small" else _default_side(name)
        for form in forms:
            keras.backend.clear_session()
            keras.utils.set_random_seed(0)
            network = _network(name, side, form)
            with tempfile.TemporaryDirectory() as folder:
                for ending in _FORMS:
                    path = Path(folder) / f"network{ending}"
                    row: dict[str, Cell] = {"network": name, "size": size, "form": form}
                    yield row | {"file": ending} | _compared(network, path)


def _default_side(name: str) -> int:
    """Rows and columns that a network takes where nothing else is said."""
    return next((side for part, side in _SIDES.items() if part in name), 224)


def _network(name: str, side: int, form: str) -> keras.Model:
    make = getattr(keras.applications, name)
    shape = (side, side, 3)
    if form == "whole":
        few = {"classes": 10} if side == SMALLEST else {}
        network = make(weights=None, input_shape=shape, **few)
        _disturb(network, _images(network))
        return network
    base = make(weights=None, include_top=False, input_shape=shape)
    _disturb(base, _images(base))
    base.trainable = False
    images = keras.Input(shape)
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
    expected = _answers(network, images)
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
    difference = np.abs(_answers(read, images) - expected).max()
    return row | {
        "seconds": f"{seconds:.1f}",
        "max difference": f"{difference:.1e}",
        "answers differ by": f"{np.ptp(expected, axis=0).max():.1e}",
    }


def _answers(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Image by image, so that the largest networks need little memory."""
    one_by_one = [network(image[None], training=False) for image in images]
    return np.concatenate([np.asarray(each) for each in one_by_one])


def _images(network: keras.Model) -> np.ndarray:
    shape = (_IMAGES, *network.input_shape[1:])
    coarse = np.random.default_rng(1).uniform(0, 255, (_IMAGES, 4, 4, 3))
    sized = keras.ops.image.resize(coarse, shape[1:3])
    return np.asarray(sized, np.float32)
