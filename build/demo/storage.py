"""Writes the files of a demo world, none of which is ever half there."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from build.demo.faces.rendering import Faces
from repair.dataset import Dataset
from repair.process.whole_file import new_file
from repair.reading.data_file import write_dataset
from repair.reading.deepid import deepid


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Lets ``write`` make a file that appears at ``path`` once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with new_file(path) as unfinished:
        write(unfinished)


def write_images(
    path: Path, pixels: NDArray[np.uint8], labels: NDArray[np.int64]
) -> None:
    """Writes labelled ``(n, 55, 47, 3)`` images in the competition's HDF5 layout."""
    write_whole(path, lambda file: write_dataset(file, Dataset(pixels, labels)))


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Writes one ``(55, 47, 3)`` image as PNG."""
    write_whole(path, lambda file: Image.fromarray(pixels).save(file))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes a dictionary as indented JSON."""
    text = json.dumps(content, indent=2) + "\n"
    write_whole(path, lambda file: _write_text(file, text))


def read_json(path: Path) -> dict[str, Any] | None:
    """Reads a dictionary from JSON; None if there is no such file."""
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write_faces(path: Path, faces: Faces) -> None:
    """Writes rendered faces with their landmarks as ``.npz``."""
    arrays = {
        "pixels": faces.pixels,
        "landmarks": faces.landmarks,
        "labels": faces.labels,
    }
    write_whole(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def read_faces(path: Path) -> Faces:
    """Reads what ``write_faces`` wrote."""
    with np.load(path) as stored:
        return Faces(stored["pixels"], stored["landmarks"], stored["labels"])


def write_network(path: Path, network: keras.Model) -> None:
    """Writes a full network as HDF5, without Keras' advice against that format."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # TensorFlow's optimizer variables predate an argument of NumPy 2.
            warnings.simplefilter("ignore", DeprecationWarning)
            write_whole(path, network.save)
    finally:
        logger.setLevel(level)


def read_network(path: Path) -> keras.Model:
    """Reads a network that ``write_network`` wrote, to use it, not to train it on."""
    stored = keras.models.load_model(path, compile=False)
    network = deepid(stored.output_shape[1])  # Keras 3.10 wants lists for a stored one
    network.set_weights(stored.get_weights())
    return network


def write_weights(path: Path, network: keras.Model) -> None:
    """Writes weights alone, in the layout of Keras 2 that the competition uses."""
    write_whole(path, lambda file: _write_weights(file, network))


def _write_weights(path: Path, network: keras.Model) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["backend"] = np.bytes_(b"tensorflow")
        file.attrs["keras_version"] = np.bytes_(keras.__version__.encode())
        names = [layer.name.encode() for layer in network.layers]
        file.attrs["layer_names"] = np.array(names)
        for layer in network.layers:
            group = file.create_group(layer.name)
            keys = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = np.array(keys, dtype="S" if keys else "S1")
            for key, values in zip(keys, layer.get_weights(), strict=True):
                group[key] = values


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
