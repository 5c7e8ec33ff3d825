"""Every bound of the readers, from both sides: just as much is read, one less is refused.

A bound is set to exactly what an honest file needs, and to one less. So the files are small,
and a bound that is off by one, or asked of nothing, is found.
"""

from __future__ import annotations

import ast
import importlib
import io
import json
import pickle
import pickletools
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers, ops
from PIL import Image
from saved_networks import on_windows
from toys import PEOPLE, ROOT, SHAPE, change_model, save_network, toy_people

from artifacts.card import read_card
from artifacts.errors import InputError
from artifacts.reading import hdf5_chunks
from artifacts.reading.images import read_image
from benchmarks.fuzz.network_targets import plain_network
from repair.reading.class_list import read_class_list
from repair.reading.data_file import read_dataset, write_dataset
from repair.reading.flags import read_flags
from repair.reading.network_file import read_network
from repair.reading.plain_pickle import truth_values

Read = Callable[[Path], object]


def ended(images: Any, x: Any) -> keras.Model:
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(PEOPLE, "softmax", name="output")(x))


def deep() -> keras.Model:
    inner = keras.Sequential([keras.Input(SHAPE), layers.ReLU()])
    outer = keras.Sequential([keras.Input(SHAPE), inner])
    end = [layers.Flatten(), layers.Dense(PEOPLE, "softmax")]
    return keras.Sequential([keras.Input(SHAPE), outer, *end])


def varied() -> keras.Model:
    """A layer that is called twice, settings that are lists, an equation, operators."""
    images = keras.Input(SHAPE)
    shared = layers.Conv2D(3, 3, padding="same", use_bias=False)
    x = layers.Rescaling([0.5, 1.0, 2.0], [0.1, 0.2, 0.3])(images)
    x = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 2.0, 3.0])(x)
    x = shared(shared(x))
    x = layers.EinsumDense("abcd,de->abce", (None, None, 4), bias_axes="e")(x)
    x = ops.transpose(x, (0, 2, 1, 3)) * np.linspace(0, 1, 4) + x[:, :10, :1] ** 3
    return ended(images, x)


def pooled() -> keras.Model:
    images = keras.Input(SHAPE)
    return ended(images, ops.average_pool(images, (4, 5), padding="valid"))


def repeated() -> keras.Model:
    images = keras.Input(SHAPE)
    return ended(images, ops.repeat(images, 2, axis=1))


def cropped(path: Path) -> Path:
    """Cut to 5 x 4, as Keras 3.6 did."""
    images = keras.Input(SHAPE)
    network = ended(images, layers.RandomCrop(5, 4)(images))

    def change(file: h5py.File) -> None:
        file.attrs["keras_version"] = "3.6.0"

    return change_model(save_network(network, path), change)


def with_node(path: Path, layer: Any, kind: str, said: dict[str, Any]) -> Path:
    """A node of TensorFlow 2.3 in place of a layer."""
    images = keras.Input(SHAPE, name="input")
    network = ended(images, layer(images))
    node = {"name": kind, "op": kind, "input": ["x"], "attr": said["attr"]}
    config = {"name": kind, "node_def": node, "constants": said["constants"]}
    inbound = [[["input", 0, 0, {}]]]

    def change(file: h5py.File) -> None:
        description = json.loads(file.attrs["model_config"])
        for place in description["config"]["layers"]:
            if place["config"]["name"] == layer.name:
                place.update(
                    class_name="TensorFlowOpLayer", config=config, name=layer.name
                )
                place["inbound_nodes"] = inbound
                place.pop("module", None)
        file.attrs["model_config"] = json.dumps(description)

    return change_model(save_network(network, path), change)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, artifact) -> Path:
    """One small honest file of each kind."""
    home = tmp_path_factory.mktemp("honest")
    network, data = plain_network(), toy_people(2, seed=1)
    for ending in (".h5", ".keras", ".weights.h5"):
        save_network(network, home / f"network{ending}")
    change_model(shutil.copy(home / "network.h5", home / "fixed.h5"), of_one_length)
    cropped(home / "cropped.h5")
    for make in (deep, varied, pooled, repeated):
        save_network(make(), home / f"{make.__name__}.keras")
    divided = {"attr": {}, "constants": {"1": 2.0}}
    with_node(home / "node.h5", layers.Rescaling(0.5), "RealDiv", divided)
    blocks = {"attr": {"block_size": {"i": "2"}}, "constants": {}}
    with_node(home / "blocks.h5", layers.Reshape((6, 5, 12)), "SpaceToDepth", blocks)
    with (
        zipfile.ZipFile(home / "network.keras") as old,
        zipfile.ZipFile(home / "packed.keras", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    on_windows(home / "network.keras", home / "windows.keras")
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
    with h5py.File(home / "lzf.h5", "w") as file:
        axes = np.moveaxis(data.images, 3, 1)
        file.create_dataset("data", data=axes, compression="lzf", chunks=axes.shape)
        file["label"] = data.labels
    shutil.copytree(artifact, home / "toy")
    lines = [["label", *(f"pixel{x}" for x in range(120))]]
    for label, pixels in zip(data.labels, data.images[..., :1], strict=True):
        lines.append([label, *pixels.reshape(-1)])
    text = "".join(",".join(map(str, line)) + "\n" for line in lines)
    (home / "table.csv").write_text(text)
    return home


def network(name: str) -> Read:
    return lambda home: read_network(home / name)


def with_architecture(home: Path) -> object:
    weights, told = home / "network.weights.h5", home / "architecture.json"
    return read_network(weights, architecture=told)


def dataset(name: str, classes: int | None = PEOPLE) -> Read:
    read = partial(read_dataset, image_shape=SHAPE, num_classes=classes)
    return lambda home: read(home / name)


def table(home: Path) -> object:
    return read_dataset(
        home / "table.csv", image_shape=(*SHAPE[:2], 1), num_classes=PEOPLE
    )


def longest_line(home: Path) -> int:
    return max(map(len, (home / "table.csv").read_bytes().splitlines(keepends=True)))


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


def up_to_last_layer(home: Path) -> int:
    """How many names an archive of Windows has up to the last one that is needed."""
    with zipfile.ZipFile(home / "windows.keras") as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        needed = [
            place
            for place, name in enumerate(file, 1)
            if "0" in file[name].get("vars", {})
        ]
    return needed[-1]


def factor_of_weights(home: Path) -> int:
    with zipfile.ZipFile(home / "packed.keras") as archive:
        return -(-weights(home) // archive.getinfo("model.weights.h5").compress_size)


def longest_name(home: Path) -> int:
    with zipfile.ZipFile(home / "network.keras") as archive:
        config = json.loads(archive.read("config.json"))["config"]
    every = [config, *(layer["config"] for layer in config["layers"])]
    return max(len(each["name"]) for each in every)


def listed_names(home: Path) -> int:
    with h5py.File(home / "fixed.h5") as file:
        names = file["model_weights"].attrs.get_id("layer_names")
        return names.shape[0] * names.dtype.itemsize


def of_one_length(file: h5py.File) -> None:
    """Names of layers as Keras 2 wrote them."""
    names = [str(name) for name in file["model_weights"].attrs["layer_names"]]
    del file["model_weights"].attrs["layer_names"]
    file["model_weights"].attrs["layer_names"] = np.array(names, "S")


def packed_arrays(home: Path) -> tuple[int, int]:
    """Of the array that was packed most: its bytes, and how many times that is."""
    with zipfile.ZipFile(home / "data.npz") as archive:
        every = archive.infolist()
    largest = max(info.file_size for info in every)
    return largest, max(-(-info.file_size // info.compress_size) for info in every)


def packed_data(home: Path) -> tuple[int, int]:
    """The same of HDF5."""
    with h5py.File(home / "data.h5") as file:
        both = [(x.nbytes, x.id.get_storage_size()) for x in file.values()]
    return max(held for held, _ in both), max(-(-held // kept) for held, kept in both)


def stored_chunk(home: Path) -> int:
    with h5py.File(home / "lzf.h5") as file:
        return file["data"].id.get_storage_size()


def old_description(home: Path) -> int:
    with h5py.File(home / "network.h5") as file:
        return len(file.attrs["model_config"])


R, A = "repair.reading", "artifacts.reading"
Needed = int | Callable[[Path], int]
# Where a bound stands, what reads, what the honest file needs, and other bounds meanwhile.
BOUNDS: tuple[tuple[str, str, Read, Needed, dict[str, int]], ...] = (
    (f"{R}.attributes", "MAX_TEXT", network("network.h5"), old_description, {}),
    (f"{R}.stored.network_source", "MAX_TEXT", with_architecture,
     size("architecture.json"), {}),
    (f"{R}.stored.keras_archive", "MAX_TEXT", network("network.keras"), description, {}),
    (f"{R}.stored.keras_archive", "_MAX_MEMBERS", network("network.keras"), 3, {}),
    (f"{R}.stored.keras_archive", "_MAX_DIRECTORY", network("network.keras"),
     3 * 46 + len("metadata.jsonconfig.jsonmodel.weights.h5"), {}),
    (f"{R}.stored.keras_archive", "_MAX_UNPACKED", network("packed.keras"), weights, {}),
    (f"{R}.stored.stored_weights", "MAX_PARAMETERS", network("network.h5"), 71, {}),
    (f"{R}.stored.stored_weights", "_MAX_WEIGHTS", network("network.h5"), 2, {}),
    (f"{R}.stored.stored_weights", "MAX_LAYERS", network("network.h5"), 5, {}),
    (f"{R}.described.parts", "MAX_LAYERS", network("network.h5"), 6, {}),  # and the model
    (f"{R}.described.parts", "_MAX_DEPTH", network("deep.keras"), 3, {}),
    (f"{R}.described.nested", "MAX_LAYERS", network("network.h5"), 5, {}),
    (f"{R}.rebuilt.limits", "_MAX_SIDE", network("network.h5"), 12, {}),
    (f"{R}.rebuilt.limits", "MAX_ACTIVATIONS", network("network.h5"), 12 * 10 * 3, {}),
    (f"{R}.rebuilt.layer_list", "_MAX_SETTING", network("network.h5"), PEOPLE, {}),
    (f"{R}.hdf5", "MAX_BYTES", dataset("data.h5"), 10 * 12 * 10 * 3, {}),
    (f"{A}.hdf5_file", "_CHUNK_BYTES", dataset("data.h5"), 10 * 12 * 10 * 3, {}),
    (f"{A}.hdf5_heaps", "_MOST_FREE", dataset("data.h5"), 2, {}),
    (f"{A}.hdf5_heaps", "_MOST_TEXT", network("network.h5"), 4096, {}),
    (f"{R}.data_file", "_MAX_LABEL_BYTES", dataset("data.h5"), 10 * 8, {}),
    (f"{R}.labels", "_MOST", dataset("data.h5", None), 4, {}),
    (f"{R}.numpy_files", "_MOST_MEMBERS", dataset("data.npz"), 2, {}),
    (f"{R}.text_labels", "_MAX_NAMES", dataset("words.npz"), 5, {}),
    (f"{R}.text_labels", "_MAX_LENGTH", dataset("words.npz"), len("bird"), {}),
    (f"{R}.tables.lines", "_MAX_LINE", table, longest_line, {}),
    (f"{R}.tables.columns", "_MAX_OTHERS", table, 1, {}),
    (f"{R}.tables.lines", "_MAX_BYTES", table, size("table.csv"), {}),
    (f"{R}.tables.pixel_table", "_MAX_COLUMNS", table, 1 + 120, {}),
    (f"{R}.tables.pixel_table", "_MAX_ROWS", table, 10, {}),
    (f"{R}.tables.rows", "_MAX_LABEL", table, 1, {}),
    (f"{R}.class_folders", "_MOST_CLASSES", dataset("images"), 5, {}),
    (f"{R}.class_list", "_MAX_BYTES", class_list, size("classes.txt"), {}),
    (f"{R}.class_list", "_MAX_NAMES", class_list, 2, {}),
    (f"{R}.class_list", "_MAX_LENGTH", class_list, len("frogs"), {}),
    (f"{A}.images", "_MAX_PIXELS", image("image.png", resize=True), 120, {}),
    (f"{A}.images", "_MAX_BYTES", image("image.png"), size("image.png"), {}),
    (f"{A}.images", "MOST_SCANS", image("image.jpg"), 10, {}),
    ("artifacts.card", "_MAX_BYTES", card, size("toy/card.json"), {}),
    (f"{R}.flags", "_HEADER_BYTES", flags, lambda home: 40 - 64 * 20, {}),
    (f"{R}.flags", "_MAX_BYTES", flags, 2, {"_HEADER_BYTES": 0}),
    (f"{R}.attributes", "_MAX_LISTED_BYTES", network("fixed.h5"), listed_names, {}),
    (f"{R}.arrays", "_MOST_LISTED", dataset("data.h5"), 2, {}),
    (f"{R}.data_file", "_MAX_TEXT_BYTES", dataset("words.npz"), 4 * len("bird"), {}),
    (f"{R}.hdf5", "_MORE", dataset("data.h5"), lambda home: packed_data(home)[0],
     {"_FACTOR": 0}),
    (f"{R}.hdf5", "_FACTOR", dataset("data.h5"), lambda home: packed_data(home)[1],
     {"_MORE": 0}),
    (f"{A}.hdf5_file", "_SLACK", dataset("data.h5"), lambda home: packed_data(home)[0],
     {"_EXPANSION": 0}),
    (f"{A}.hdf5_file", "_EXPANSION", dataset("data.h5"), lambda home: packed_data(home)[1],
     {"_SLACK": 0}),
    (f"{A}.hdf5_chunks", "_ROOM", dataset("lzf.h5"), lambda home: 90 * stored_chunk(home), {}),
    (f"{R}.numpy_files", "_SLACK", dataset("data.npz"), lambda home: packed_arrays(home)[0],
     {"_EXPANSION": 0}),
    (f"{R}.numpy_files", "_EXPANSION", dataset("data.npz"),
     lambda home: packed_arrays(home)[1], {"_SLACK": 0}),
    (f"{R}.stored.keras_archive", "_MORE", network("packed.keras"), weights,
     {"_FACTOR": 0}),
    (f"{R}.stored.keras_archive", "_FACTOR", network("packed.keras"), factor_of_weights,
     {"_MORE": 0}),
    (f"{R}.stored.folders", "_MAX_VARIABLES", network("network.keras"), 2, {}),
    (f"{R}.stored.folders", "_MAX_NAMES", network("windows.keras"), up_to_last_layer, {}),
    (f"{R}.stored.folders", "_MAX_DEPTH", network("windows.keras"), 2, {}),
    (f"{R}.described.parts", "_MAX_NAME", network("network.keras"), longest_name, {}),
    (f"{R}.described.calls", "MAX_LAYERS", network("varied.keras"), 2, {}),
    (f"{R}.described.plain_values", "_MAX_ITEMS", network("varied.keras"), 4, {}),
    (f"{R}.rebuilt.counted", "MAX_REPEATED", network("varied.keras"), 3 * 3 * 3 * 3, {}),
    (f"{R}.rebuilt.stand_ins", "_MAX_NUMBERS", network("varied.keras"), 3, {}),
    (f"{R}.rebuilt.layer_list", "_MAX_ITEMS", network("varied.keras"), 3, {}),
    (f"{R}.rebuilt.layer_list", "_MAX_FACTORS", network("varied.keras"), 3, {}),
    (f"{R}.rebuilt.layer_list", "_MAX_EQUATION", network("varied.keras"),
     len("abcd,de->abce"), {}),
    (f"{R}.rebuilt.layer_list", "_MAX_AXES", network("varied.keras"), 1, {}),
    (f"{R}.rebuilt.stand_ins", "_MOST_SIDE", network("cropped.h5"), 5, {}),
    (f"{R}.rebuilt.operators.repeating", "MAX_CONSTANTS", network("repeated.keras"), 24, {}),
    (f"{R}.rebuilt.operators.repeating", "MAX_ACTIVATIONS", network("repeated.keras"),
     24 * 10 * 3, {}),
    (f"{R}.rebuilt.operators.use", "MAX_CONSTANTS", network("varied.keras"), 4, {}),
    (f"{R}.rebuilt.operators.use", "_MAX_WHOLE", network("varied.keras"), 3, {}),
    (f"{R}.rebuilt.operators.values", "_MOST_EXPONENT", network("varied.keras"), 3, {}),
    (f"{R}.rebuilt.operators.images", "_MAX_SIDE", network("pooled.keras"), 5, {}),
    (f"{R}.rebuilt.operators.tensorflow_layers", "_MOST_OPERANDS", network("node.h5"), 2, {}),
    (f"{R}.rebuilt.operators.images", "_MAX_BLOCK", network("blocks.h5"), 2, {}),
)  # fmt: skip


ELSEWHERE = {
    "artifacts.card._MAX_SIDE": "test_sides_of_a_card",
    f"{R}.plain_pickle._MOST_INSTRUCTIONS": "test_instructions_of_a_pickle",
    f"{R}.rebuilt.operators.sizes._MOST": "test_sizes_that_are_joined_are_few",
}
_NAMED = re.compile(
    r"_?(MAX|MOST)_?[A-Z_]*|_(EXPANSION|FACTOR|MORE|ROOM|SLACK)|_HEADER_BYTES|_CHUNK_BYTES"
)


@pytest.mark.parametrize(
    ("module", "name", "read", "needed", "meanwhile"),
    BOUNDS,
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_as_much_is_read_and_one_less_is_refused(
    folder, monkeypatch, module, name, read, needed, meanwhile
):
    bound = needed if isinstance(needed, int) else needed(folder)
    place = importlib.import_module(module)
    assert meanwhile or getattr(place, name) >= bound
    for other, value in meanwhile.items():
        monkeypatch.setattr(place, other, value)
    monkeypatch.setattr(place, name, bound)
    read(folder)
    monkeypatch.setattr(place, name, bound - 1)
    with pytest.raises(InputError):
        read(folder)


def bounds_of(path: Path) -> Iterator[tuple[str, str]]:
    """The bounds that a module defines, and those that it imports."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign):
            (target,) = node.targets
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            for each in names:
                if isinstance(each, ast.Name) and _NAMED.fullmatch(each.id):
                    yield module, f"{module}.{each.id}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if _NAMED.fullmatch(alias.name):
                    yield module, f"{node.module}.{alias.name}"


def test_every_bound_of_the_readers_is_here_and_the_page_says_how_many():
    tested = {(module, name) for module, name, *_ in BOUNDS}
    assert len(tested) == len(BOUNDS)
    readers = (
        *ROOT.glob("artifacts/reading/*.py"),
        *ROOT.glob("repair/reading/**/*.py"),
    )
    missing, shown = set(), set(ELSEWHERE)
    for path in (*readers, ROOT / "artifacts" / "card.py"):
        for module, bound in bounds_of(path):
            missing.add(bound)
            if (module, bound.rpartition(".")[2]) in tested:
                shown.add(bound)
    assert sorted(missing - shown) == []
    told = re.search(r"All (\d+) bounds", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert told is not None
    assert int(told[1]) == len(BOUNDS) + len(ELSEWHERE)


@pytest.mark.parametrize(
    ("key", "most"), [("rows", 2048), ("columns", 2048), ("num_classes", 1 << 20)]
)
@pytest.mark.parametrize("fine", [True, False])
@pytest.mark.parametrize("low", [True, False])
def test_sides_of_a_card(folder, tmp_path, key, most, fine, low):
    value = (1 if fine else 0) if low else most + (not fine)
    shutil.copytree(folder / "toy", tmp_path / "toy")
    path = tmp_path / "toy" / "card.json"
    told = json.loads(path.read_text())
    place = told if key == "num_classes" else told["input"]
    place[key] = value
    path.write_text(json.dumps(told))
    if fine:
        assert read_card(tmp_path / "toy") == told
    else:
        with pytest.raises(InputError, match=rf"in 1\.\.{most}"):
            read_card(tmp_path / "toy")


@pytest.mark.parametrize(("more", "fine"), [(0, True), (1, False)])
def test_instructions_of_a_pickle(more, fine):
    """Four for each of twenty values and a hundred more; and the last one, which stops."""
    values = [True, False] * 10
    around = pickle.dumps(values, 3)  # in no frame
    instructions = sum(1 for _ in pickletools.genops(around))
    memoize = pickle.BINPUT + b"\1"
    memoize *= 4 * (20 + 100) + 1 - instructions + more
    content = around.replace(pickle.EMPTY_LIST, pickle.EMPTY_LIST + memoize, 1)
    if fine:
        assert truth_values(content, 20) == values
    else:
        with pytest.raises(ValueError, match="too long"):
            truth_values(content, 20)


@pytest.mark.parametrize(("more", "fine"), [(0, True), (1, False)])
def test_a_chunk_that_inflates_to_a_little_more(tmp_path, monkeypatch, more, fine):
    """HDF5 is not asked for it: a piece more than was declared is the most."""
    monkeypatch.setattr(hdf5_chunks, "_ROOM", 0)
    with h5py.File(tmp_path / "data.h5", "w") as file:
        data = file.create_dataset(
            "data", (100,), "u1", chunks=(100,), compression="gzip"
        )
        packed = zlib.compress(bytes(100 + hdf5_chunks._PIECE + more))
        data.id.write_direct_chunk((0,), packed)
        assert hdf5_chunks.unpacks_to_more(data, [1]) is not fine
