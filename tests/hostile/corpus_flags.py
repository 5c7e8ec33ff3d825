"""Trigger flags that run code, fill memory, or say something else."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path

import numpy as np
from corpus import Good, Write, add
from corpus_models import Trap, places

COUNT = 80  # images of the poisoned data


def content(name: str, data: bytes) -> Write:
    def write(folder: Path, good: Good) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return write


def npy(array: np.ndarray, **options: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def header(text: str) -> bytes:
    """A ``.npy`` file that declares anything."""
    padded = text.ljust(118).encode() + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(padded)) + padded


def trap(folder: Path, good: Good) -> Path:
    path = folder / "flags.pkl"
    path.write_bytes(pickle.dumps([Trap(folder.parent / "trace")] * COUNT))
    return path


def traps_in_an_array(folder: Path, good: Good) -> Path:
    array = np.array([Trap(folder.parent / "trace")] * COUNT, object)
    (folder / "flags.npy").write_bytes(npy(array, allow_pickle=True))
    return folder / "flags.npy"


FINE = [True, False] * (COUNT // 2)
SYSTEM = b"cposix\nsystem\n(S'touch trace'\ntR."
PICKLES = {
    "GLOBAL and REDUCE": SYSTEM,
    "GLOBAL that is dropped": b"cos\nsystem\n0" + pickle.dumps(FINE, 0),
    "INST": b"(S'touch trace'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'touch trace'\no.",
    "BUILD": b"]}b.",
    "NEWOBJ": b"\x80\x02cos\nsystem\n)\x81.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "EXT1": b"\x80\x02\x82\x01.",
    "PERSID": b"Phello\n.",
    "memo bomb": b"\x80\x02]r\xff\xff\xff\x0f.",
    "deep": b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b".",
    "lists that double": b"\x80\x02]q\0" + b"(h\0h\0eq\0" * 500 + b".",
    "terabytes of text": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 42) + b"x.",
    "terabytes of bytes": b"\x80\x05\x96" + struct.pack("<Q", 1 << 42) + b"x.",
    "huge frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"].",
    "huge whole number": b"\x80\x02]\x8b"
    + struct.pack("<i", 60_000)
    + b"\1" * 60_000
    + b"a.",
    "negative length": b"\x80\x02]\x8b" + struct.pack("<i", -5) + b"a.",
    "too many": pickle.dumps([True] * 100_000),
    "far too many": pickle.dumps([True] * 40_000_000),
    "two lists": pickle.dumps([FINE, FINE]),
    "text": pickle.dumps(["True"] * COUNT),
    "none": pickle.dumps([None] * COUNT),
    "two": pickle.dumps([2] * COUNT),
    "a dict": pickle.dumps(dict.fromkeys(range(COUNT), True)),
    "a number": pickle.dumps(7),
    "fractions": pickle.dumps([1.0] * COUNT),
    "an array": pickle.dumps(np.array(FINE)),
    "nothing": b"",
    "only a stop": b".",
    "cut": pickle.dumps(FINE)[:-9],
    "HDF5": b"\x89HDF\r\n\x1a\n",
}
for name, data in PICKLES.items():
    add("flags", f"pickle: {name}", content("flags.pkl", data))
add("flags", "pickle: a trap", trap)
add("flags", "array of objects", traps_in_an_array)
ARRAYS = {
    "wrong length": npy(np.ones(COUNT + 1, bool)),
    "two dimensions too many": npy(np.ones((COUNT, 2), bool)),
    "twos": npy(np.full(COUNT, 2)),
    "NaN": npy(np.full(COUNT, np.nan)),
    "text": npy(np.array(["1"] * COUNT)),
    "records": npy(np.zeros(COUNT, [("a", "?")])),
    "dates": npy(np.zeros(COUNT, "M8[s]")),
    "terabytes": header("{'descr': '|b1', 'fortran_order': False, 'shape': (1<<40,)}"),
    "terabytes, plain": header(
        f"{{'descr': '|b1', 'fortran_order': False, 'shape': ({1 << 40},)}}"
    ),
    "endless nothing": header(
        f"{{'descr': '|V0', 'fortran_order': False, 'shape': ({1 << 33},)}}"
    ),
    "negative": header("{'descr': '|b1', 'fortran_order': False, 'shape': (-80,)}"),
    "code": header("__import__('os').system('touch trace')"),
    "deep": header("(" * 100 + ")" * 10),
    "version 9": b"\x93NUMPY\x09\0" + b"x" * 200,
    "a zip": b"PK\x03\x04" + b"x" * 200,
    "cut": npy(np.ones(COUNT, bool))[:-5],
}
for name, data in ARRAYS.items():
    add("flags", f"array: {name}", content("flags.npy", data))
TEXTS = {
    "junk.csv": b"\x00\xff\x1b[2J",
    "words.txt": b"yes " * COUNT,
    "twos.csv": b"2," * COUNT,
    "short.txt": b"1 " * (COUNT - 1),
    "long.txt": b"1 " * (COUNT + 1),
    "huge.txt": b"1 " * (40 << 20),
    "one word.txt": b"x" * 60_000,
    "empty.csv": b"",
    "utf16.csv": ("1," * COUNT).encode("utf-16"),
    "flags.json": b"[true]",
    "flags": b"1 " * COUNT,
    "flags.npz": b"PK\x03\x04",
    "flags.\x1b[31m": b"1",
}
for name, data in TEXTS.items():
    add("flags", f"text: {name!r}", content(name, data))
for each in ("pipe", "endless link", "missing", "device", "name with escapes"):
    add("flags", f"file: {each}", lambda f, good, each=each: places(f, good)[each])
