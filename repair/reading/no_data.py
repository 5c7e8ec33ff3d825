"""Tells what files are that hold no images which could be read as data."""

from __future__ import annotations

import codecs
import os
import struct
from pathlib import Path

from repair.reading.stored.other_formats import is_tar

_TFRECORD_HEAD = 12
_FOLDER = "Expected a folder with one folder a class"
_ARRAYS = "write the arrays again by numpy.savez"
_BEGINNINGS = (
    (b"\x89PNG", f"is one image. {_FOLDER}."),
    (b"\xff\xd8\xff", f"is one image. {_FOLDER}."),
    (b"GIF8", f"is one image. {_FOLDER}, of PNG or JPEG images."),
    (
        b"\x80",
        f"is a pickle, which can run code when it is opened, so it is not: {_ARRAYS}.",
    ),
    (b"\x1f\x8b", f"is packed by gzip. Unpack it, and {_ARRAYS}."),
    (b"MATLAB 5", f"is a file of MATLAB. Load it by scipy.io.loadmat, and {_ARRAYS}."),
    (
        b"\0\0\x08",
        f"is an IDX file, as MNIST has them. Take numpy.frombuffer behind its head, "
        f"reshape it, and {_ARRAYS}.",
    ),
    (b"PAR1", f"is a Parquet table. Load it by pandas.read_parquet, and {_ARRAYS}."),
    (b"ARROW1", f"is an Arrow table. Load it by pyarrow, and {_ARRAYS}."),
    (b"Rar!", f"is packed by RAR. Unpack it. {_FOLDER}, or arrays."),
    (b"7z\xbc\xaf", f"is packed by 7-Zip. Unpack it. {_FOLDER}, or arrays."),
    (b"II*\0", f"is one TIFF image. {_FOLDER}, of PNG or JPEG images."),
    (b"MM\0*", f"is one TIFF image. {_FOLDER}, of PNG or JPEG images."),
    (b"SQLite", f"is a database. Expected images: {_ARRAYS}."),
    (
        b"version https://git-lfs",
        "is a pointer of Git LFS, not the file itself. Fetch that: git lfs pull",
    ),
    (b"<", "is a web page, as a failed download leaves it. Download it again."),
)


def reason_against(path: Path, content: bytes) -> str | None:
    """What is said of a file by its first bytes, None if they tell nothing."""
    if not content and not os.path.lexists(path):
        return "expected a file or folder of images. Received: no such file."
    if not content and _is_empty(path):
        return "is empty. Download or write it again."
    if is_tar(content):
        return f"is packed by tar. Unpack it. {_FOLDER}, or arrays."
    if _is_tfrecord(content):
        return (
            "is a TFRecord, which does not say what is in its records. Read it by "
            f"tf.data.TFRecordDataset as its maker's program does, and {_ARRAYS}."
        )
    for beginning, reason in _BEGINNINGS:
        if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(beginning):
            return reason
    return None


def is_text(content: bytes) -> bool:
    """Whether a file begins as a text in UTF-8, perhaps cut within a letter."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(content)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(letter >= " " or letter in "\t\r\n" for letter in text)


def _is_empty(path: Path) -> bool:
    try:
        return os.path.isfile(path) and os.path.getsize(path) == 0  # noqa: PTH113, PTH202
    except OSError:  # it is gone meanwhile
        return False


def _is_tfrecord(content: bytes) -> bool:
    """Whether a file begins with the length of a record, and the sum that guards it."""
    if len(content) < _TFRECORD_HEAD:
        return False
    length, told = struct.unpack("<QI", content[:_TFRECORD_HEAD])
    crc = 0xFFFFFFFF  # CRC-32C, bit by bit
    for byte in struct.pack("<Q", length):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    masked = (crc >> 15 | crc << 17) + 0xA282EAD8
    return bool(told == masked & 0xFFFFFFFF)


def reason_against_members(names: list[str]) -> str | None:
    """What is said of a zip without arrays, by the names in it."""
    if any(name.lower().endswith((".png", ".jpg", ".jpeg")) for name in names):
        return "is a zip of images. Unpack it, and give the folder."
    if "model.weights.h5" in names:
        return "is a network, not data. Give the network first, then the images."
    return None
