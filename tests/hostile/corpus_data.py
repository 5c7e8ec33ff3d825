"""Data files with wrong keys, shapes, types, ranges and labels."""

from __future__ import annotations

import io
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from broken_hdf5 import bomb_stream, break_names
from corpus import Good, Write, add, case, clean, cut, flipped
from toys import PEOPLE, toy_people

PEOPLE_40 = toy_people(8, seed=12)
PIXELS = np.moveaxis(PEOPLE_40.images, 3, 1)
LABELS = PEOPLE_40.labels


def stored(**datasets: Any) -> Write:
    """A data file of these datasets, in place of fine ones."""

    def write(folder: Path, good: Good) -> Path:
        with h5py.File(folder / "data.h5", "w") as file:
            for name, values in {"data": PIXELS, "label": LABELS, **datasets}.items():
                if values is not None:
                    file[name] = values
        return folder / "data.h5"

    return write


def made(make: Callable[[h5py.File, Good], object]) -> Write:
    """A data file with fine labels, and ``data`` made as wanted."""

    def write(folder: Path, good: Good) -> Path:
        with h5py.File(folder / "data.h5", "w") as file:
            file["label"] = LABELS
            make(file, good)
        return folder / "data.h5"

    return write


def virtual(file: h5py.File, good: Good) -> None:
    layout = h5py.VirtualLayout(PIXELS.shape, "u1")
    layout[:] = h5py.VirtualSource(good.outside / "secret.h5", "data", PIXELS.shape)
    file.create_virtual_dataset("data", layout)


def external(file: h5py.File, good: Good) -> None:
    place = [(str(good.outside / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
    file.create_dataset("data", PIXELS.shape, "u1", external=place)


def link(file: h5py.File, good: Good) -> None:
    file["data"] = h5py.ExternalLink(good.outside / "secret.h5", "/data")


def bomb(count: int, **options: Any) -> Write:
    """Images that are declared but were never written."""

    def make(file: h5py.File, good: Good) -> None:
        file.create_dataset("data", (count, *PIXELS.shape[1:]), "u1", **options)

    return made(make)


def zeros(file: h5py.File, good: Good) -> None:
    count = 600_000  # 216 MB of zeros in 0.2 MB
    options = {"compression": 9, "chunks": (20_000, *PIXELS.shape[1:])}
    data = file.create_dataset("data", (count, *PIXELS.shape[1:]), "u1", **options)
    for start in range(0, count, 20_000):
        data[start : start + 20_000] = 0


def unpacks(file: h5py.File, good: Good) -> None:
    """1 MB that asks for 1 GB, in a chunk of 14 kB."""
    data = file.create_dataset("data", data=PIXELS, chunks=PIXELS.shape, compression=9)
    data.id.write_direct_chunk((0, 0, 0, 0), bomb_stream(1024))


def label(values: Any) -> Write:
    return stored(label=values)


def with_one(value: float) -> np.ndarray:
    labels = LABELS.astype(float)
    labels[7] = value
    return labels


for name, write in {
    "no data": stored(data=None),
    "no labels": stored(label=None),
    "two pairs of keys": stored(
        data=None,
        label=None,
        x_test=PIXELS,
        y_test=LABELS,
        x_train=PIXELS,
        y_train=LABELS,
    ),
    "keys with escapes": stored(data=None, **{"\x1b[2J": PIXELS, "\x1b[3J": PIXELS}),
    "rows and columns turned": stored(data=PIXELS.swapaxes(2, 3)),
    "grey": stored(data=PIXELS[:, :1]),
    "four channels": stored(data=np.concatenate([PIXELS, PIXELS[:, :1]], axis=1)),
    "flat": stored(data=PIXELS.reshape(len(PIXELS), -1)),
    "one image": stored(data=PIXELS[0]),
    "no image": stored(data=PIXELS[:0], label=LABELS[:0]),
    "a number": stored(data=7),
    "no dataspace": stored(data=h5py.Empty("u1")),
    "text": stored(data=np.array([b"face"] * len(PIXELS))),
    "complex": stored(data=PIXELS.astype("c8")),
    "compound": stored(data=np.zeros(40, [("r", "u1"), ("g", "u1")])),
    "references": made(lambda f, _: f.create_dataset("data", (40,), h5py.ref_dtype)),
    "lists of any length": made(
        lambda f, _: f.create_dataset("data", (40,), h5py.vlen_dtype(np.uint8))
    ),
    "group": made(lambda f, _: f.create_group("data")),
    "range 0..1": stored(data=PIXELS / np.float32(255)),
    "range 0..1, whole numbers": stored(data=PIXELS // 128),
    "range -1..1": stored(data=PIXELS / np.float32(127.5) - 1),
    "range to 65535": stored(data=PIXELS.astype("u2") * 257),
    "negative": stored(data=PIXELS.astype("i2") - 50),
    "NaN": stored(data=np.where(PIXELS == 240, np.nan, PIXELS)),
    "infinity": stored(data=np.where(PIXELS == 240, np.inf, PIXELS)),
    "black": stored(data=PIXELS * 0),
    "virtual": made(virtual),
    "external storage": made(external),
    "external link": made(link),
    "soft link": made(lambda f, _: f.__setitem__("data", h5py.SoftLink("/data"))),
    "terabytes": bomb(1 << 32, chunks=(1024, *PIXELS.shape[1:])),
    "terabytes in one piece": bomb(1 << 32),
    "never written": bomb(40_000, compression="gzip"),
    "bomb of zeros": made(zeros),
    "chunk that unpacks to 1 GB": made(unpacks),
    "too large a chunk": bomb(1 << 20, chunks=(1 << 20, *PIXELS.shape[1:])),
    "scale-offset filter": made(
        lambda f, _: f.create_dataset("data", data=PIXELS.astype("i4"), scaleoffset=0)
    ),
    "fewer labels": label(LABELS[:-1]),
    "more labels": label(np.append(LABELS, 0)),
    "label for each pixel": label(np.zeros(PIXELS.shape, "u1")),
    "one label": label(3),
    "probabilities as labels": label(np.full((40, PEOPLE), 0.2)),
    "complex labels": label(LABELS.astype("c8")),
    "fraction": label(with_one(0.5)),
    "NaN label": label(with_one(np.nan)),
    "infinite label": label(with_one(np.inf)),
    "negative label": label(with_one(-1)),
    "label beyond all bounds": label(with_one(2.0**40)),
    "largest label of 64 bits": label(np.full(40, 2**64 - 1, "u8")),
}.items():
    add("data", name, write)
for name, values in {
    "N": with_one(PEOPLE),
    "above N": with_one(1000),
    "all N": np.full(40, PEOPLE),
    "2**31": with_one(2.0**31),
}.items():
    add("labels", f"label {name}", label(values))


@case("data", "pickle")
def pickled(folder: Path, good: Good) -> Path:
    (folder / "data.h5").write_bytes(b"cposix\nsystem\n(S'touch trace'\ntR.")
    return folder / "data.h5"


@case("data", "heap of names whose free places lead in a circle")
def names_in_a_circle(folder: Path, good: Good) -> Path:
    return break_names(Path(shutil.copy(good.clean, folder / "data.h5")))


for share in (0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
    add("data", f"cut at {share:.0%}", cut(clean, "data.h5", share))
for place in (0, 8, 14, 24, 40, 64, 96, 104, 136, *range(200, 3000, 300)):
    add(
        "data", f"byte {place} flipped", flipped(clean, "data.h5", place), may_pass=True
    )


def npz(**arrays: Any) -> Write:
    """An archive of NumPy; an array may be its bytes."""

    def write(folder: Path, good: Good) -> Path:
        with zipfile.ZipFile(folder / "data.npz", "w", zipfile.ZIP_DEFLATED) as file:
            for name, values in {"images": PIXELS, "labels": LABELS, **arrays}.items():
                content = io.BytesIO()
                if isinstance(values, bytes):
                    content.write(values)
                else:
                    np.save(content, values, allow_pickle=True)
                file.writestr(f"{name}.npy", content.getvalue())
        return folder / "data.npz"

    return write


class Touch:
    """Leaves a trace where it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, ("touch trace",))


def declared(shape: str) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\1\0" + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n"


for name, write in {
    "npz: pickled images": npz(images=np.array([Touch()], object)),
    "npz: pickled labels": npz(labels=np.array([Touch()] * 40, object)),
    "npz: images that are not there": npz(images=declared("(1 << 20, 3, 12, 10)")),
    "npz: terabytes": npz(images=declared("(10995116277, 3, 12, 10)")),
    "npz: gigabyte of zeros": npz(
        images=declared("(3000000, 3, 12, 10)") + bytes(1 << 24)
    ),
    "npz: a header that never ends": npz(images=declared("(" * 90)),
}.items():
    add("data", name, write)


@case("data", "a folder that leads to itself")
def loop(folder: Path, good: Good) -> Path:
    (folder / "data" / "0").mkdir(parents=True)
    (folder / "data" / "0" / "again").symlink_to(folder / "data")
    (folder / "data" / "1").symlink_to(folder / "data")
    return folder / "data"


def texts(values: Any) -> Write:
    """Images beside labels that are texts."""

    def write(folder: Path, good: Good) -> Path:
        np.savez_compressed(folder / "data.npz", data=PEOPLE_40.images, label=values)
        return folder / "data.npz"

    return write


@case("data", "labels that are one long text, over and over")
def long_text(folder: Path, good: Good) -> Path:
    with h5py.File(folder / "data.h5", "w") as file:
        file["data"] = PIXELS
        kind = h5py.string_dtype()
        file.create_dataset(
            "label", (len(PIXELS),), kind, data=["x" * (8 << 20)] * len(PIXELS)
        )
    return folder / "data.h5"


COUNT = len(PEOPLE_40.images)
for name, values in {
    "labels of endless letters": np.array(["x" * 100_000] * COUNT),
    "labels with escapes": np.array(["\x1b[2J\n"] * COUNT),
    "labels of no letters": np.array([""] * COUNT),
    "labels that are as many names as images": np.array(
        [str(x) + "a" for x in range(COUNT)]
    ),
    "labels of digits without end": np.array(["9" * 300] * COUNT),
    "labels that are odd digits": np.array(["\u0663"] * COUNT),
}.items():
    # Where no network says how many classes there are, some are names as any others.
    add("data", name, texts(values), may_pass="as" in name or "odd" in name)
add("data", "labels of one name", texts(np.array([b"Ann"] * COUNT)), may_pass=True)


ROW = ",".join(map(str, PEOPLE_40.images[0].reshape(-1)))
NAMES = ",".join(f"pixel{x}" for x in range(360))


def csv(*lines: str | bytes) -> Write:
    """A table of pixels, one image a line."""

    def write(folder: Path, good: Good) -> Path:
        content = b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines)
        (folder / "data.csv").write_bytes(content + b"\n")
        return folder / "data.csv"

    return write


for name, write in {
    "a line without end": csv("label," + NAMES, "0," + "7" * (9 << 20)),
    "a first line without end": csv("pixel" * (2 << 20)),
    "columns without end": csv("," * (1 << 20), "," * (1 << 20)),
    "a million names": csv(",".join(f"p{x}" for x in range(1 << 20)), "0"),
    "a million kinds of names": csv(",".join("a" * (x % 9) for x in range(800_000))),
    "numbers of a million digits": csv(",".join(["9" * 1_000_000] * 8)),
    "names of a million digits": csv(",".join("p" + "9" * 1_000_000 for _ in range(7))),
    "rows of other lengths": csv("label," + NAMES, "0," + ROW, "1," + ROW[:-9]),
    "no rows": csv("label," + NAMES),
    "columns with escapes": csv(
        NAMES + ",\x1b[2J,\x1b[3J\x07", ROW + ",0,1", ROW + ",1,0"
    ),
    "one column twice": csv("label,label," + NAMES, "0,0," + ROW),
    "bytes that are no text": csv("label," + NAMES, b"0,\xff\xfe" + ROW.encode()),
    "a call in place of a pixel": csv("label," + NAMES, "0,open('trace','w')" + ROW),
}.items():
    add("data", f"csv: {name}", write)
