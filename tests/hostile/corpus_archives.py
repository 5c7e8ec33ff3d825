"""``.keras`` archives that lead out, unpack to more, contradict themselves, or are none."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from corpus import Good, Write, add
from toys import random_weights, save_network, toy_network

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
Members = dict[str, bytes]


def members_of(folder: Path) -> Members:
    """A fine archive, as a dict."""
    path = save_network(random_weights(toy_network()), folder / "fine.keras")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    path.unlink()
    return members


def packed(
    change: Callable[[Members], object], method: int = zipfile.ZIP_STORED
) -> Write:
    """The archive with other members."""

    def write(folder: Path, good: Good) -> Path:
        members = members_of(folder)
        change(members)
        path = folder / "network.keras"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    return write


def described(change: Callable[[Any], object]) -> Write:
    """The archive with another description."""

    def edit(members: Members) -> None:
        description = json.loads(members[CONFIG])
        change(description)
        members[CONFIG] = json.dumps(description).encode()

    return packed(edit)


def weighed(change: Callable[[h5py.File], object]) -> Write:
    """The archive with other weights."""

    def edit(members: Members) -> None:
        content = io.BytesIO(members[WEIGHTS])
        with h5py.File(content, "r+") as file:
            change(file)
        members[WEIGHTS] = content.getvalue()

    return packed(edit)


def raw(change: Callable[[bytearray], bytes | bytearray]) -> Write:
    """The archive with other bytes."""

    def write(folder: Path, good: Good) -> Path:
        path = packed(lambda _: None)(folder, good)
        path.write_bytes(change(bytearray(path.read_bytes())))
        return path

    return write


def patched(mark: bytes, place: int, value: bytes) -> Write:
    """The archive with other bytes behind the last mark of that kind."""

    def change(content: bytearray) -> bytearray:
        start = content.rfind(mark) + place
        content[start : start + len(value)] = value
        return content

    return raw(change)


def layer(description: Any, name: str) -> Any:
    every = description["config"]["layers"]
    return next(each for each in every if each["config"]["name"] == name)


def in_place(description: Any, inner: Any) -> None:
    """Puts a layer in place of ``pool_1``."""
    place = layer(description, "pool_1")
    inner["config"]["name"] = "pool_1"
    place.update(inner)


def within(description: Any, inner: Any) -> None:
    """Puts a layer into a Sequential in a Sequential, in place of ``pool_1``."""
    for name in ("first", "second"):
        inner = {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"name": name, "layers": [inner]},
            "registered_name": "Sequential",
        }
    in_place(description, inner)


def nested_bomb(description: Any) -> None:
    """Ten models, each of which calls the next one a hundred times."""
    inner: Any = {"class_name": "ReLU", "config": {"name": "last"}}
    for depth in range(9):
        nodes = []
        for index in range(100):
            history = ["in", 0, 0] if not index else ["x", index - 1, 0]
            tensor = {
                "class_name": "__keras_tensor__",
                "config": {"keras_history": history},
            }
            nodes.append({"args": [tensor], "kwargs": {}})
        inner["config"]["name"] = "x"
        entry = {
            "class_name": "InputLayer",
            "config": {"name": "in"},
            "inbound_nodes": [],
        }
        inner = {
            "class_name": "Functional",
            "config": {
                "name": f"model_{depth}",
                "layers": [entry, {**inner, "name": "x", "inbound_nodes": nodes}],
                "input_layers": [["in", 0, 0]],
                "output_layers": [["x", 99, 0]],
            },
        }
    in_place(description, inner)


def deep(description: Any) -> None:
    inner: Any = {"class_name": "ReLU", "config": {"name": "last"}}
    for depth in range(60):
        config = {"name": f"model_{depth}", "layers": [inner]}
        inner = {"class_name": "Sequential", "config": config}
    inner["config"]["name"] = "pool_1"
    layer(description, "pool_1").update(inner)


def operator(kind: str, *arguments: Any, **config: Any) -> Callable[[Any], object]:
    """An operator in place of ``pool_1``."""

    def change(description: Any) -> None:
        place = layer(description, "pool_1")
        tensor = place["inbound_nodes"][0]["args"][0]
        place.update(
            module="keras.src.ops.numpy",
            class_name=kind,
            registered_name=kind,
            config={"name": "pool_1", **config},
            inbound_nodes=[{"args": [tensor, *arguments], "kwargs": {}}],
        )

    return change


def again(count: int) -> Callable[[Any], object]:
    """``fc_1``, the largest layer, called on itself many times before the output."""

    def change(description: Any) -> None:
        place = layer(description, "fc_1")
        node = place["inbound_nodes"][0]
        for index in range(count):
            copy = json.loads(json.dumps(node))
            copy["args"][0]["config"]["keras_history"] = ["fc_1", index, 0]
            place["inbound_nodes"].append(copy)
        listener = layer(description, "output")["inbound_nodes"][0]["args"][0]
        listener["config"]["keras_history"] = ["fc_1", count, 0]

    return change


def attention(description: Any) -> None:
    place = layer(description, "pool_1")
    place["inbound_nodes"][0]["args"] *= 2
    config = {"name": "pool_1", "num_heads": 1 << 25, "key_dim": 1 << 25}
    place.update(class_name="MultiHeadAttention", registered_name=None, config=config)


LAMBDA = {"class_name": "Lambda", "config": {"name": "l", "function": {"code": "4wE="}}}
OWN = {"module": "evil", "class_name": "Evil", "registered_name": "evil>Evil"}
OWN |= {"config": {"name": "evil"}}  # type: ignore[dict-item]
for name, change in {
    "Lambda two models deep": lambda d: within(d, LAMBDA),
    "registered name two models deep": lambda d: within(d, OWN),
    "registered name of a Keras layer": lambda d: layer(d, "pool_1").update(
        registered_name="evil>MaxPooling2D"
    ),
    "module of a stranger for a Keras layer": lambda d: layer(d, "pool_1").update(
        module="evil.layers"
    ),
    "models that call each other into the millions": nested_bomb,
    "models sixty deep": deep,
    "operator that is none": operator("EvalString", "1+1"),
    "operator on what is no number": operator("Add", {"class_name": "x"}),
    "operator that mixes images": operator("Reshape", newshape=[-1, 3]),
    "operator that chooses images": operator("GetItem", 0),
    "operator with a million numbers": operator("Multiply", [1.0] * 100_000),
    "division by zero": operator("TrueDivide", 0.0),
    "resizing to terabytes": operator("Resize", size=[1 << 25, 1 << 25]),
    "enlarging to terabytes": lambda d: layer(d, "pool_1").update(
        class_name="UpSampling2D", config={"name": "pool_1", "size": [1 << 20, 1 << 20]}
    ),
    "repeating to terabytes": lambda d: layer(d, "flatten_1").update(
        class_name="Sequential",
        config={
            "name": "flatten_1",
            "layers": [
                {"class_name": "Flatten", "config": {"name": "f"}},
                {"class_name": "RepeatVector", "config": {"name": "r", "n": 1 << 26}},
            ],
        },
    ),
    "attention that declares terabytes": attention,
    "a layer called ten thousand times": again(10_000),
    "a huge layer called a hundred times": again(100),
    "no model": lambda d: d.clear(),
    "a model class of its maker's": lambda d: d.update(class_name="Net", module="net"),
}.items():
    add("model", f"archive: {name}", described(change))


def other_weights(members: Members) -> None:
    """The weights of a network with more classes."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for index, units in enumerate((16, 7)):
            group = file.create_group(
                f"layers/dense{f'_{index}' if index else ''}/vars"
            )
            group["0"], group["1"] = np.ones((8, units)), np.ones(units)
    members[WEIGHTS] = content.getvalue()


def without(place: str) -> Callable[[h5py.File], object]:
    return lambda file: file.pop(place)


def linked(file: h5py.File) -> None:
    del file["layers/dense"]
    file["layers/dense"] = h5py.ExternalLink("outside/secret.h5", "/model_weights")


def replaced(values: Any) -> Callable[[h5py.File], object]:
    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = values

    return change


def terabytes(file: h5py.File) -> None:
    del file["layers/dense/vars/0"]
    file.create_dataset(
        "layers/dense/vars/0", (1 << 20, 1 << 20), "f4", chunks=(1 << 10, 1 << 10)
    )


for name, write in {
    "weights missing": weighed(without("layers/dense")),
    "weights of another shape": weighed(replaced(np.ones((3, 3)))),
    "weights NaN": weighed(replaced(np.full((96, 16), np.nan))),
    "weights of terabytes": weighed(terabytes),
    "weights behind a link": weighed(linked),
    "weights of another network": packed(other_weights),
    "weights that are an archive": packed(
        lambda m: m.update({WEIGHTS: b"PK\3\4" * 99})
    ),
    "weights that are a pickle": packed(lambda m: m.update({WEIGHTS: b"\x80\4."})),
    "no weights": packed(lambda m: m.pop(WEIGHTS)),
    "no description": packed(lambda m: m.pop(CONFIG)),
    "description that is no JSON": packed(lambda m: m.update({CONFIG: b"{"})),
    "description of 30 MB": packed(lambda m: m.update({CONFIG: b" " * (30 << 20)})),
    "deep description": packed(lambda m: m.update({CONFIG: b"[" * 500_000})),
    "packed description of 300 MB": packed(
        lambda m: m.update({CONFIG: b" " * (300 << 20)}), zipfile.ZIP_DEFLATED
    ),
    "packed weights of 300 MB": packed(
        lambda m: m.update({WEIGHTS: bytes(300 << 20)}), zipfile.ZIP_DEFLATED
    ),
    "metadata of 30 MB": packed(lambda m: m.update({METADATA: b" " * (30 << 20)})),
    "packed in another way": packed(lambda _: None, zipfile.ZIP_BZIP2),
    "name that leads out": packed(lambda m: m.update({"../../trace": b"out"})),
    "name from the root": packed(lambda m: m.update({"/etc/trace": b"out"})),
    "name of Windows that leads out": packed(lambda m: m.update({"..\\trace": b"out"})),
    "ten thousand members": packed(
        lambda m: m.update({f"assets/{index}": b"" for index in range(10_000)})
    ),
    "weights in several files": packed(
        lambda m: m.update({"model.weights.json": m.pop(WEIGHTS)})
    ),
    "cut in half": raw(lambda content: content[: len(content) // 2]),
    "cut at the end": raw(lambda content: content[:-9]),
    "a byte of the weights changed": raw(
        lambda content: content.replace(
            b"\x89HDF\r\n\x1a\n\0", b"\x89HDF\r\n\x1a\n\7", 1
        )
    ),
    "size of the weights is a lie": patched(b"PK\1\2", 20, struct.pack("<II", 9, 9)),
    "place of the weights is a lie": patched(b"PK\1\2", 42, struct.pack("<I", 1 << 30)),
    "another checksum": patched(b"PK\1\2", 16, b"\1\2\3\4"),
    "a password": patched(b"PK\1\2", 8, b"\1\0"),
    "directory of a million": patched(b"PK\5\6", 10, b"\xff\xff"),
    "nothing but an end": raw(lambda _: b"PK\3\4" + b"PK\5\6" + bytes(18)),
    "PyTorch": packed(
        lambda m: (m.clear(), m.update({"archive/data.pkl": b"\x80\2."}))
    ),
    "arrays": packed(lambda m: (m.clear(), m.update({"images.npy": b"\x93NUMPY"}))),
    "an office document": packed(lambda m: (m.clear(), m.update({"word/x.xml": b""}))),
}.items():
    add("model", f"archive: {name}", write)


def twice(folder: Path, good: Good) -> Path:
    """Two descriptions: what one reader checks, another one would build."""
    members = members_of(folder)
    path = folder / "network.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.fp.seek(0, 2)  # type: ignore[union-attr]
        archive.filelist.append(archive.filelist[0])
    return path


add("model", "archive: description twice", twice)


def beginning(name: str, content: bytes) -> None:
    def write(folder: Path, good: Good) -> Path:
        (folder / "network.keras").write_bytes(content)
        return folder / "network.keras"

    add("model", f"file: {name}", write)


for name, content in {
    "TensorFlow Lite": b"\x1c\0\0\0TFL3" + bytes(99),
    "ONNX": b"\x08\x07\x12\x07pytorch" + bytes(99),
    "old PyTorch": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
    "JSON": keras.Sequential([keras.Input((8, 8, 3))]).to_json().encode(),
    "gzip": b"\x1f\x8b\x08\0" + bytes(99),
    "NumPy array": b"\x93NUMPY\1\0" + bytes(99),
}.items():
    beginning(name, content)
