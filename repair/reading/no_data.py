"""Tells what files are that hold no images which could be read as data."""

from __future__ import annotations

import os
from pathlib import Path

from repair.reading.stored.other_formats import is_tar

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
    if is_tar(content):
        return f"is packed by tar. Unpack it. {_FOLDER}, or arrays."
    for beginning, reason in _BEGINNINGS:
        if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(beginning):
            return reason
    if content and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in content):
        return f"is a text. {_FOLDER}, or .npz, .npy or HDF5."
    return None


def reason_against_members(names: list[str]) -> str | None:
    """What is said of a zip without arrays, by the names in it."""
    if any(name.lower().endswith((".png", ".jpg", ".jpeg")) for name in names):
        return "is a zip of images. Unpack it, and give the folder."
    if "model.weights.h5" in names:
        return "is a network, not data. Give the network first, then the images."
    return None
