"""Every bound of the readers, from both sides: just as much is read, one less is refused.

A bound is set to exactly what an honest file needs, and to one less. So the files are small,
and a bound that is off by one, or asked of nothing, is found.
"""

from __future__ import annotations

import importlib
import json
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from PIL import Image
from toys import PEOPLE, SHAPE, save_network, toy_people

from artifacts.card import read_card
from artifacts.errors import InputError
from artifacts.reading.images import read_image
from benchmarks.fuzz.network_targets import plain_network
from repair.reading.class_list import read_class_list
from repair.reading.data_file import read_dataset, write_dataset
from repair.reading.flags import read_flags
from repair.reading.network_file import read_network

Read = Callable[[Path], object]


def deep() -> keras.Model:
    layers = keras.layers
    inner = keras.Sequential([keras.Input(SHAPE), layers.ReLU()])
    outer = keras.Sequential([keras.Input(SHAPE), inner])
    end = [layers.Flatten(), layers.Dense(PEOPLE, "softmax")]
    return keras.Sequential([keras.Input(SHAPE), outer, *end])


@pytest.fixture(scope="module")
def folder(tmp_path_factory, artifact) -> Path:
    """One small honest file of each kind."""
    home = tmp_path_factory.mktemp("honest")
    network, data = plain_network(), toy_people(2, seed=1)
    for ending in (".h5", ".keras", ".weights.h5"):
        save_network(network, home / f"network{ending}")
    save_network(deep(), home / "deep.keras")
    with (
        zipfile.ZipFile(home / "network.keras") as old,
        zipfile.ZipFile(home / "packed.keras", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    (home / "architecture.json").write_text(network.to_json())
    write_dataset(home / "data.h5", data)
    np.savez(home / "data.npz", images=data.images, labels=data.labels)
    words = np.array(["ant", "bee", "bird", "cat", "dog"])[data.labels]
    np.savez(home / "words.npz", images=data.images, labels=words)
    for name, pixels in zip("abcde", data.images, strict=False):
        (home / "images" / name).mkdir(parents=True)
        Image.fromarray(pixels).save(home / "images" / name / "0.png")
    shutil.copy(home / "images" / "a" / "0.png", home / "image.png")
    Image.fromarray(data.images[0]).save(home / "image.jpg", progressive=True)
    (home / "classes.txt").write_text("cat\nfrogs\n")
    (home / "flags.csv").write_text("1\n0\n" * 10)
    shutil.copytree(artifact, home / "toy")
    return home


def network(name: str) -> Read:
    return lambda home: read_network(home / name)


def with_architecture(home: Path) -> object:
    weights, told = home / "network.weights.h5", home / "architecture.json"
    return read_network(weights, architecture=told)


def dataset(name: str, classes: int | None = PEOPLE) -> Read:
    read = partial(read_dataset, image_shape=SHAPE, num_classes=classes)
    return lambda home: read(home / name)


def image(name: str, *, resize: bool = False) -> Read:
    return lambda home: read_image(home / name, SHAPE[:2], resize=resize)


def class_list(home: Path) -> object:
    return read_class_list(home / "classes.txt")


def card(home: Path) -> object:
    return read_card(home / "toy")


def flags(home: Path) -> object:
    return read_flags(home / "flags.csv", 20)


def size(name: str) -> Callable[[Path], int]:
    return lambda home: (home / name).stat().st_size


def description(home: Path) -> int:
    with zipfile.ZipFile(home / "network.keras") as archive:
        return archive.getinfo("config.json").file_size


def weights(home: Path) -> int:
    with zipfile.ZipFile(home / "network.keras") as archive:
        return archive.getinfo("model.weights.h5").file_size


def old_description(home: Path) -> int:
    with h5py.File(home / "network.h5") as file:
        return len(file.attrs["model_config"])


R = "repair.reading"
# Where a bound stands, what reads, and what the honest file needs.
BOUNDS: tuple[tuple[str, str, Read, int | Callable[[Path], int]], ...] = (
    (f"{R}.attributes", "MAX_TEXT", network("network.h5"), old_description),
    (f"{R}.stored.network_source", "MAX_TEXT", with_architecture, size("architecture.json")),
    (f"{R}.stored.keras_archive", "MAX_TEXT", network("network.keras"), description),
    (f"{R}.stored.keras_archive", "_MAX_MEMBERS", network("network.keras"), 3),
    (f"{R}.stored.keras_archive", "_MAX_DIRECTORY", network("network.keras"),
     3 * 46 + len("metadata.jsonconfig.jsonmodel.weights.h5")),
    (f"{R}.stored.keras_archive", "_MAX_UNPACKED", network("packed.keras"), weights),
    (f"{R}.stored.stored_weights", "MAX_PARAMETERS", network("network.h5"), 71),
    (f"{R}.stored.stored_weights", "_MAX_WEIGHTS", network("network.h5"), 2),
    (f"{R}.stored.stored_weights", "MAX_LAYERS", network("network.h5"), 5),
    (f"{R}.described.parts", "MAX_LAYERS", network("network.h5"), 6),  # and the model
    (f"{R}.described.parts", "_MAX_DEPTH", network("deep.keras"), 3),
    (f"{R}.described.nested", "MAX_LAYERS", network("network.h5"), 5),
    (f"{R}.rebuilt.limits", "_MAX_SIDE", network("network.h5"), 12),
    (f"{R}.rebuilt.limits", "_MAX_ACTIVATIONS", network("network.h5"), 12 * 10 * 3),
    (f"{R}.rebuilt.layer_list", "_MAX_SETTING", network("network.h5"), PEOPLE),
    (f"{R}.hdf5", "MAX_BYTES", dataset("data.h5"), 10 * 12 * 10 * 3),
    ("artifacts.reading.hdf5_file", "_CHUNK_BYTES", dataset("data.h5"), 10 * 12 * 10 * 3),
    ("artifacts.reading.hdf5_heaps", "_MOST_FREE", dataset("data.h5"), 2),
    ("artifacts.reading.hdf5_heaps", "_MOST_TEXT", network("network.h5"), 4096),
    (f"{R}.data_file", "_MAX_LABEL_BYTES", dataset("data.h5"), 10 * 8),
    (f"{R}.labels", "_MOST", dataset("data.h5", None), 4),
    (f"{R}.numpy_files", "_MOST_MEMBERS", dataset("data.npz"), 2),
    (f"{R}.text_labels", "_MAX_NAMES", dataset("words.npz"), 5),
    (f"{R}.text_labels", "_MAX_LENGTH", dataset("words.npz"), len("bird")),
    (f"{R}.class_folders", "_MOST_CLASSES", dataset("images"), 5),
    (f"{R}.class_list", "_MAX_BYTES", class_list, size("classes.txt")),
    (f"{R}.class_list", "_MAX_NAMES", class_list, 2),
    (f"{R}.class_list", "_MAX_LENGTH", class_list, len("frogs")),
    ("artifacts.reading.images", "_MAX_PIXELS", image("image.png", resize=True), 120),
    ("artifacts.reading.images", "_MAX_BYTES", image("image.png"), size("image.png")),
    ("artifacts.reading.images", "MOST_SCANS", image("image.jpg"), 10),
    ("artifacts.card", "_MAX_BYTES", card, size("toy/card.json")),
    (f"{R}.flags", "_HEADER_BYTES", flags, lambda home: 40 - 64 * 20),
)  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "read", "needed"),
    BOUNDS,
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_as_much_is_read_and_one_less_is_refused(
    folder, monkeypatch, module, name, read, needed
):
    bound = needed if isinstance(needed, int) else needed(folder)
    place = importlib.import_module(module)
    assert getattr(place, name) >= bound
    monkeypatch.setattr(place, name, bound)
    read(folder)
    monkeypatch.setattr(place, name, bound - 1)
    with pytest.raises(InputError):
        read(folder)


@pytest.mark.parametrize(
    ("rows", "fine"), [(2048, True), (2049, False), (1, True), (0, False)]
)
def test_sides_of_a_card(folder, tmp_path, rows, fine):
    shutil.copytree(folder / "toy", tmp_path / "toy")
    path = tmp_path / "toy" / "card.json"
    told = json.loads(path.read_text())
    told["input"]["rows"] = rows
    path.write_text(json.dumps(told))
    if fine:
        assert read_card(tmp_path / "toy")["input"]["rows"] == rows
    else:
        with pytest.raises(InputError, match=r"in 1\.\.2048"):
            read_card(tmp_path / "toy")
