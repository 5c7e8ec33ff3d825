"""Small fine files from which the fuzzer starts."""

from __future__ import annotations

import io
import json
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from benchmarks.fuzz.asking import CLASSES, FLAGS, SHAPE
from benchmarks.fuzz.data_targets import FILE, PATH
from benchmarks.fuzz.network_targets import plain_network
from repair.dataset import Dataset
from repair.reading.data_file import write_dataset


def write_seeds(target: str, folder: Path) -> None:
    """Writes the seeds of a target into an empty folder."""
    makers: dict[str, Callable[[Path], Iterator[bytes]]] = {
        "model": _models,
        "archive": _archives,
        "architecture": _architectures,
        "configs": _dice,
        "npz": _archived_arrays,
        "table": _tables,
        "folder": _folders,
        "classes": _lists,
        "description": _descriptions,
        "data": _data,
        "stored": _data,
        "image": _images,
        "flags": _flags,
        "card": _cards,
    }
    for turn, content in enumerate(makers[target](folder)):
        (folder / str(turn)).write_bytes(content)


def _saved(folder: Path, ending: str) -> bytes:
    path = folder / f"seed{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        plain_network().save(path)
    content = path.read_bytes()
    path.unlink()
    return content


def _models(folder: Path) -> Iterator[bytes]:
    yield _saved(folder, ".h5")


def _archives(folder: Path) -> Iterator[bytes]:
    yield _saved(folder, ".keras")


def _architectures(_: Path) -> Iterator[bytes]:
    yield plain_network().to_json().encode()


def _dice(_: Path) -> Iterator[bytes]:
    """What stands for changes: see ``configs``."""
    yield from (bytes([turn]) for turn in range(20))


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


def _archived_arrays(_: Path) -> Iterator[bytes]:
    images = np.random.default_rng(0).integers(0, 256, (6, *SHAPE), np.uint8)
    for save, labels in (
        (np.savez, np.arange(6) % 5),
        (np.savez_compressed, np.eye(6, 5, dtype="f4")),
    ):
        file = io.BytesIO()
        save(file, images=images, labels=labels)
        yield file.getvalue()


def _tables(_: Path) -> Iterator[bytes]:
    rows = np.random.default_rng(0).integers(0, 256, (6, 17))
    rows[:, 0] = np.arange(6) % 5
    lines = [",".join(map(str, row)) for row in rows]
    names = ",".join(f"pixel{place}" for place in range(16))
    yield "\n".join([f"label,{names}", *lines]).encode()
    yield "\n".join(lines).encode()
    in_one = [",".join([str(row[0]), " ".join(map(str, row[1:])), "x"]) for row in rows]
    yield "\r\n".join(["emotion,pixels,Usage", *in_one]).encode()


def _folders(folder: Path) -> Iterator[bytes]:
    pictures = list(_images(folder))
    every = zip("abcde", pictures, strict=False)
    yield FILE.join(
        f"{name}/1.png".encode() + PATH + content for name, content in every
    )
    yield FILE.join(b"%d/x.jpg\n%s" % (turn, pictures[-1]) for turn in range(5))


def _lists(_: Path) -> Iterator[bytes]:
    yield b"cat\ndog\nfrog\n"
    yield b'["cat", "dog", "frog"]'
    yield b'{"cat": 0, "dog": 1}'
    yield b'{"0": "cat", "1": "dog"}'


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
    files = {"saved_model.pb": "0" * 64}
    card = {"files": files, "input": size, "num_classes": CLASSES, "name": "toy"}
    yield json.dumps(card).encode()
    told = {
        "verdict": "found",
        "found": [1],
        "watched": [],
        "reason": "",
        "confidence": "",
    }
    settings = {"strict_labels": [{"label": 1, "status": "found"}]}
    yield json.dumps(card | {"settings": settings, "verdict": told}).encode()
