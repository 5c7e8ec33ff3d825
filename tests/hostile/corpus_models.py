"""Network files that point elsewhere, lie about sizes, or are broken."""

from __future__ import annotations

import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from broken_hdf5 import bomb_stream, break_heap, break_names, lengthen_text
from corpus import Good, Write, add, badnet, case, cut, flipped

KERNEL = "model_weights/fc_1/fc_1/kernel"


def edited(change: Callable[[h5py.File, Good], object]) -> Write:
    """The toy BadNet, changed as HDF5."""

    def write(folder: Path, good: Good) -> Path:
        path = Path(shutil.copy(good.badnet, folder / "network.h5"))
        with h5py.File(path, "r+") as file:
            change(file, good)
        return path

    return write


def kernel_of(file: h5py.File) -> str:
    """The place of the kernel of ``fc_1``."""
    group = file["model_weights/fc_1"]
    return f"{group.name}/{group.attrs['weight_names'][0]}"


def replaced(make: Callable[[h5py.File, str, np.ndarray, Good], object]) -> Write:
    """The toy BadNet with another kernel in ``fc_1``."""

    def change(file: h5py.File, good: Good) -> None:
        name = kernel_of(file)
        values = file[name][()]
        del file[name]
        make(file, name, values, good)

    return edited(change)


def values(make: Callable[[np.ndarray], object]) -> Write:
    return replaced(lambda f, name, old, _: f.create_dataset(name, data=make(old)))


def lie(shape: tuple[int, ...], **options: object) -> Write:
    def make(file: h5py.File, name: str, old: np.ndarray, _: Good) -> None:
        file.create_dataset(name, shape, "f4", compression="gzip", **options)

    return replaced(make)


def virtual(file: h5py.File, name: str, old: np.ndarray, good: Good) -> None:
    layout = h5py.VirtualLayout(old.shape, old.dtype)
    layout[:] = h5py.VirtualSource(good.outside / "secret.h5", name, old.shape)
    file.create_virtual_dataset(name, layout)


def external(file: h5py.File, name: str, old: np.ndarray, good: Good) -> None:
    place = [(str(good.outside / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
    file.create_dataset(name, old.shape, "f4", external=place)


def link(file: h5py.File, name: str, _: np.ndarray, good: Good) -> None:
    file[name] = h5py.ExternalLink(good.outside / "secret.h5", name)


def all_elsewhere(file: h5py.File, good: Good) -> None:
    del file["model_weights"]
    file["model_weights"] = h5py.ExternalLink(
        good.outside / "secret.h5", "model_weights"
    )


def soft(file: h5py.File, name: str, *_: object) -> None:
    file[name] = h5py.SoftLink("/model_weights/../../elsewhere")


def endless(file: h5py.File, name: str, *_: object) -> None:
    file[name] = h5py.SoftLink(name)


def references(file: h5py.File, name: str, *_: object) -> None:
    file.create_dataset(name, (3,), h5py.ref_dtype)


def unpacks(file: h5py.File, name: str, old: np.ndarray, _: Good) -> None:
    made = file.create_dataset(name, data=old, chunks=old.shape, compression=9)
    made.id.write_direct_chunk((0,) * old.ndim, bomb_stream(1024))


def listed(names: object) -> Write:
    def change(file: h5py.File, _: Good) -> None:
        del file["model_weights"].attrs["layer_names"]
        file["model_weights"].attrs["layer_names"] = names

    return edited(change)


def weight_names(names: object) -> Write:
    def change(file: h5py.File, _: Good) -> None:
        file["model_weights/fc_1"].attrs["weight_names"] = names

    return edited(change)


def zero(file: h5py.File, _: Good) -> None:
    def clear(__: str, found: object) -> None:
        if isinstance(found, h5py.Dataset):
            found[...] = 0

    file["model_weights"].visititems(clear)


for name, write in {
    "virtual dataset": replaced(virtual),
    "external storage": replaced(external),
    "external link": replaced(link),
    "external link above": edited(all_elsewhere),
    "soft link out": replaced(soft),
    "soft link to itself": replaced(endless),
    "references": replaced(references),
    "terabytes declared": lie((1 << 20, 1 << 20), chunks=(1 << 10, 1 << 10)),
    "never written": lie((3000, 3000)),
    "an endless dimension": lie((0, 16), maxshape=(None, 16)),
    "no weights": replaced(lambda *_: None),
    "turned weights": values(np.transpose),
    "one weight too few": values(lambda old: old[:-1]),
    "flat weights": values(np.ravel),
    "a single number": values(lambda _: 1.0),
    "weights of text": values(lambda _: b"kernel"),
    "complex weights": values(lambda old: old.astype("c8")),
    "compound weights": values(lambda _: np.zeros(4, [("a", "f4"), ("b", "i4")])),
    "opaque weights": values(lambda _: np.void(b"kernel")),
    "NaN": values(lambda old: np.where(old == old.max(), np.nan, old)),
    "infinity": values(lambda old: np.where(old == old.max(), np.inf, old)),
    "beyond float32": values(lambda old: old.astype("f8") * 1e300),
    "all zero": edited(zero),
    "empty": values(lambda _: h5py.Empty("f4")),
    "group in place of weights": replaced(lambda f, name, *_: f.create_group(name)),
    "bomb of zeros": replaced(
        lambda f, name, *_: f.create_dataset(
            name, data=np.zeros((3000, 9000), "f4"), compression=9, chunks=(300, 9000)
        )
    ),
    "chunk that unpacks to 1 GB": replaced(unpacks),
    "names that are numbers": listed(np.arange(5)),
    "names that lead out": listed(np.array([b"../../etc"])),
    "names of nobody": listed(np.array([b"\x1b[2Jnobody"])),
    "names in thousands": listed(np.array([b"fc_1"] * 5000)),
    "names in two dimensions": listed(np.array([[b"fc_1"]])),
    "names that are one": listed(b"fc_1"),
    "weights listed a thousand times": weight_names(np.array([b"fc_1/kernel"] * 1000)),
    "weight of a long name": weight_names(np.array([b"x" * 30_000])),
    "description of numbers": edited(
        lambda f, _: f.attrs.create("model_config", np.arange(9))
    ),
    "description of nothing": edited(
        lambda f, _: f.attrs.create("model_config", h5py.Empty("f4"))
    ),
    "description with bad bytes": edited(
        lambda f, _: f.attrs.create("model_config", np.bytes_(b"\xff\xfe{"))
    ),
    "no description": edited(lambda f, _: f.attrs.pop("model_config")),
    "no weights at all": edited(lambda f, _: f.pop("model_weights")),
}.items():
    add("model", name, write)


@case("model", "DeepID for a million people")
def deepid(folder: Path, good: Good) -> Path:
    with h5py.File(folder / "weights.h5", "w") as file:
        for name in ("conv_1", "conv_2", "conv_3", "conv_4", "fc_1", "fc_2", "output"):
            group = file.create_group(f"layers/{name}/vars")
            group.create_dataset("0", (160, 1 << 40), "f4", chunks=(160, 9))
    return folder / "weights.h5"


@case("model", "a hundred thousand groups")
def groups(folder: Path, good: Good) -> Path:
    with h5py.File(folder / "weights.h5", "w", libver="latest") as file:
        group = file.create_group("layers")
        for turn in range(20_000):
            group[str(turn)] = h5py.SoftLink("/layers")
    return folder / "weights.h5"


@case("model", "heap of texts that leads to itself")
def heap(folder: Path, good: Good) -> Path:
    return break_heap(Path(shutil.copy(good.badnet, folder / "network.h5")))


@case("model", "heap of names whose free places lead in a circle")
def names_in_a_circle(folder: Path, good: Good) -> Path:
    return break_names(Path(shutil.copy(good.badnet, folder / "network.h5")))


@case("model", "texts that declare four gigabytes")
def long_texts(folder: Path, good: Good) -> Path:
    return lengthen_text(Path(shutil.copy(good.badnet, folder / "network.h5")))


class Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.trace),)


@case("model", "pickle")
def pickled(folder: Path, good: Good) -> Path:
    path = folder / "network.h5"
    path.write_bytes(pickle.dumps(Trap(folder.parent / "trace")))
    return path


@case("model", ".keras file that leads out")
def keras_zip(folder: Path, good: Good) -> Path:
    path = folder / "network.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../../trace", "out")
        file.writestr("config.json", '{"module": "os", "class_name": "system"}')
        file.write(good.badnet, "model.weights.h5")
    return path


@case("model", ".keras file of endless zeros")
def keras_bomb(folder: Path, good: Good) -> Path:
    path = folder / "network.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", bytes(50 << 20))
    return path


@case("model", "SavedModel of a stranger")
def saved_model(folder: Path, good: Good) -> Path:
    shutil.copytree(good.artifact, folder / "network")
    (folder / "network" / "card.json").unlink()
    return folder / "network"


def places(folder: Path, good: Good) -> dict[str, Path]:
    """Files of every kind that are none."""
    os.mkfifo(folder / "pipe.h5")
    (folder / "loop.h5").symlink_to("loop.h5")
    (folder / "\x1b[2J\nerror: fine.h5").write_text("")
    return {
        "pipe": folder / "pipe.h5",
        "endless link": folder / "loop.h5",
        "missing": folder / "missing.h5",
        "device": Path("/dev/zero"),
        "name with escapes": folder / "\x1b[2J\nerror: fine.h5",
        "name that is too long": folder / ("x" * 300),
        "path that is too long": Path("x/" * 3000),
        "below a file": good.badnet / "below.h5",
    }


PLACES = ("pipe", "endless link", "missing", "device", "name with escapes")
PLACES += ("name that is too long", "path that is too long", "below a file")
for each in PLACES:
    for kind in ("model", "data"):
        add(kind, f"file: {each}", lambda f, good, each=each: places(f, good)[each])


for share in (0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99):
    add("model", f"cut at {share:.1%}", cut(badnet, "network.h5", share))
for place in (0, 8, 13, 14, 16, 20, 24, 32, 40, 48, 64, 72, 80, 96, 97, 104, 120, 136):
    add(
        "model",
        f"byte {place} flipped",
        flipped(badnet, "network.h5", place),
        may_pass=True,
    )
for place in range(200, 6000, 290):
    add(
        "model",
        f"byte {place} flipped",
        flipped(badnet, "network.h5", place),
        may_pass=True,
    )
