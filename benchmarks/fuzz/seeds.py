"""Small fine files from which the fuzzer starts."""

from __future__ import annotations

import io
import json
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers
from PIL import Image

from benchmarks.fuzz.targets import FLAGS, SHAPE
from repair.dataset import Dataset
from repair.reading.data_file import write_dataset


def write_seeds(target: str, folder: Path) -> None:
    """Writes the seeds of a target into an empty folder."""
    makers: dict[str, Callable[[Path], Iterator[bytes]]] = {
        "model": _models,
        "description": _descriptions,
        "data": _data,
        "stored": _data,
        "image": _images,
        "flags": _flags,
        "card": _cards,
    }
    for turn, content in enumerate(makers[target](folder)):
        (folder / str(turn)).write_bytes(content)


def _models(folder: Path) -> Iterator[bytes]:
    images = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(2, 3, activation="relu", name="conv_3")(images)
    x = layers.GlobalMaxPooling2D(name="pool")(layers.MaxPooling2D(2)(x))
    scores = layers.Dense(5, activation="softmax", name="output")(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        keras.Model(images, scores).save(folder / "seed.h5")
    yield (folder / "seed.h5").read_bytes()
    (folder / "seed.h5").unlink()


def _descriptions(folder: Path) -> Iterator[bytes]:
    for content in _models(folder):
        with h5py.File(io.BytesIO(content)) as file:
            text = file.attrs["model_config"]
        yield text.encode()
        yield json.dumps({"class_name": "Sequential", "config": []}).encode()


def _data(folder: Path) -> Iterator[bytes]:
    images = np.random.default_rng(0).integers(0, 256, (6, *SHAPE), np.uint8)
    write_dataset(folder / "seed.h5", Dataset(images, np.arange(6) % 5))
    yield (folder / "seed.h5").read_bytes()
    with h5py.File(folder / "seed.h5", "w") as file:
        file["data"] = np.moveaxis(images[:2], 3, 1).astype("f4")
        file["label"] = [0.0, 1.0]
    yield (folder / "seed.h5").read_bytes()
    (folder / "seed.h5").unlink()


def _images(_: Path) -> Iterator[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
    whole = Image.fromarray(pixels)
    for kind, mode in (("PNG", "RGB"), ("PNG", "P"), ("PNG", "1"), ("PNG", "LA")) + (
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
    ):
        file, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        whole.convert(mode).save(file, kind, exif=exif, dpi=(72, 72))
        yield file.getvalue()


def _flags(_: Path) -> Iterator[bytes]:
    values = [True, False] * (FLAGS // 2)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield b"\0" + pickle.dumps(values, protocol)
    file = io.BytesIO()
    np.save(file, np.array(values))
    yield b"\1" + file.getvalue()
    yield b"\2" + b"1,0\n" * (FLAGS // 2)
    yield b"\3" + b"true false " * (FLAGS // 2)


def _cards(_: Path) -> Iterator[bytes]:
    size = {"rows": SHAPE[0], "columns": SHAPE[1], "channels": 3}
    yield json.dumps({"files": {"saved_model.pb": "0" * 64}, "input": size}).encode()
