"""Writes a network of ``keras.applications`` and its answers, by the Keras that runs it.

PYTHON benchmarks/reading/writer.py NAME SIDE CLASSES FORM FOLDER

Alone, so that an older Keras in an environment of its own can run it: it takes numpy and
tensorflow, no module of this project. FORM is ``whole``, or ``nested`` for the base of a
transfer model. FOLDER gets ``network.h5`` and ``network.keras``, or ``network.h5.txt`` with why
that Keras cannot write one, and ``told.npz``: ``images``, float32 (4, SIDE, SIDE, 3) in
0..255, and ``answers``, float32 (4, classes). ``names`` in place of NAME prints all names.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

_IMAGES = 4
keras: Any = tf.keras
layers = keras.layers


def main() -> None:
    """Writes one network, or prints the names of all."""
    if sys.argv[1:] == ["names"]:
        found = inspect.getmembers(keras.applications, inspect.isfunction)
        print(*sorted(name for name, _ in found if name[0].isupper()))
        return
    name, side, classes, form, folder = sys.argv[1:]
    tf.random.set_seed(0)
    images = _images(int(side))
    network = _network(name, int(classes), form, images)
    answers = [np.asarray(network(image[None], training=False)) for image in images]
    np.savez(Path(folder, "told.npz"), images=images, answers=np.concatenate(answers))
    for ending in (".h5", ".keras"):
        _save(network, Path(folder, f"network{ending}"))


def _images(side: int) -> np.ndarray:
    coarse = np.random.default_rng(1).uniform(0, 255, (_IMAGES, 4, 4, 3))
    return np.asarray(tf.image.resize(coarse, (side, side)), np.float32)


def _network(name: str, classes: int, form: str, images: np.ndarray) -> Any:
    make, shape = getattr(keras.applications, name), images.shape[1:]
    if form == "whole":
        network = make(weights=None, input_shape=shape, classes=classes)
        _disturb(network, images)
        return network
    base = make(weights=None, include_top=False, input_shape=shape)
    _disturb(base, images)
    base.trainable = False
    entered = keras.Input(shape)
    pooled = layers.GlobalAveragePooling2D()(base(entered, training=False))
    last = layers.Dense(classes, activation="softmax")
    return keras.Model(entered, last(layers.Dropout(0.2)(pooled)))


def _disturb(network: Any, images: np.ndarray) -> None:
    """Weights as of a trained network: answers differ between images.

    No bias or factor stays 0 or 1, and means and variances become those of ``images``.
    """
    rng = np.random.default_rng(0)
    for variable in network.weights:
        last = variable.name.rpartition("/")[2].partition(":")[0]
        if len(variable.shape) == 1 and last not in ("mean", "variance"):
            old, size = np.asarray(variable), tuple(variable.shape)
            factor, offset = rng.uniform(0.8, 1.2, size), rng.uniform(0, 0.1, size)
            variable.assign(old * factor + offset)
    for layer in network._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    network(images, training=True)


def _save(network: Any, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.save(path)
    except Exception as reason:
        path.unlink(missing_ok=True)
        Path(f"{path}.txt").write_text(f"{type(reason).__name__}: {reason}")


if __name__ == "__main__":
    main()
