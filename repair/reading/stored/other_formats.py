"""Tells by their beginnings what files are that hold no Keras network."""

from __future__ import annotations

import re
from pathlib import Path

ZIP, HDF5 = b"PK\3\4", b"\x89HDF\r\n\x1a\n"
_KERAS = "the network as a .keras file, which Keras writes by model.save('m.keras')"
_PICKLED = "which can run code when it is opened, so it is not"
OF_SAVED_MODEL = (
    "It can hold operations that read and write files, so it is not opened. In the program "
    "that wrote it, save the Keras model again by model.save('m.keras'), and give that file."
)
# Protocol buffer: version 1, then a graph. ONNX files of version 1 are older than Keras 2.
_SAVED_MODEL = b"\x08\x01\x12"
_OF_CHECKPOINT = re.compile(r"\.(index|data-\d+-of-\d+)$")
_OF_TENSORFLOW_JS = (b'"layers-model"', b'"graph-model"', b'"modelTopology"')
_BEGINNINGS = (
    (
        b"\x80\x02",
        f"is a pickle or an old PyTorch file, {_PICKLED}. Ask its maker for {_KERAS}.",
    ),
    (b"\x80", f"is a pickle, {_PICKLED}. Ask its maker for {_KERAS}."),
    (b"\x93NUMPY", f"is a NumPy array, not a network. Expected {_KERAS}."),
    (b"\x89PNG", f"is a PNG image, not a network. Expected {_KERAS}."),
    (b"\xff\xd8\xff", f"is a JPEG image, not a network. Expected {_KERAS}."),
    (b"GIF8", f"is a GIF image, not a network. Expected {_KERAS}."),
    (b"RIFF", f"is a WebP image or a sound, not a network. Expected {_KERAS}."),
    (b"%PDF", f"is a PDF, not a network. Expected {_KERAS}."),
    (
        b"version https://git-lfs",
        "is a pointer of Git LFS, not the file itself. Fetch that: git lfs pull",
    ),
    (b"<", f"is a web page, as a failed download leaves it. Expected {_KERAS}."),
    (b"model_checkpoint_path", f"names a checkpoint of TensorFlow. Expected {_KERAS}."),
    (b"7z\xbc\xaf", f"is packed by 7-Zip. Unpack it, and give {_KERAS}."),
    (b"Rar!", f"is packed by RAR. Unpack it, and give {_KERAS}."),
    (b"BZh", f"is packed by bzip2. Unpack it, and give {_KERAS}."),
    (b"\xfd7zXZ", f"is packed by xz. Unpack it, and give {_KERAS}."),
    (b"{", "is JSON. Give the file of weights, and this one by --architecture."),
    (b"GGUF", f"is a GGUF file. Expected {_KERAS}."),
    (b"\x1f\x8b", f"is packed by gzip. Unpack it, and give {_KERAS}."),
)


def reason_against_folder(path: Path) -> str:
    """What is said of a folder in place of a network."""
    if (path / "saved_model.pb").is_file():
        return f"is a SavedModel. {OF_SAVED_MODEL}"
    return "is a folder. Expected a network: a .keras or .h5 file of Keras."


def reason_against_name(path: Path) -> str | None:
    """What is said of a file that begins with plain numbers, by its name."""
    if _OF_CHECKPOINT.search(path.name) is None:
        return None
    return (
        "is a part of a checkpoint of TensorFlow, which tells no layers. In the program that "
        "wrote it, load it by model.load_weights, and save the whole model by "
        "model.save('m.keras')."
    )


def is_tar(content: bytes) -> bool:
    """Whether a file with such first bytes, 512 or more, is packed by tar."""
    return content[257:262] == b"ustar"


def reason_against(content: bytes) -> str | None:
    """What is said of a file by its first bytes, None if they tell nothing.

    Args:
        content: At least 512 bytes, if there are as many.
    """
    if is_tar(content):
        return f"is packed by tar. Unpack it, and give {_KERAS}."
    if content[4:8] == b"TFL3":
        return (
            "is a TensorFlow Lite file, which holds no Keras network. Give the .keras or "
            ".h5 file that it was converted from."
        )
    if content.startswith(_SAVED_MODEL):
        return f"is a SavedModel. {OF_SAVED_MODEL}"
    if _is_onnx(content):
        return (
            "is an ONNX file, which holds no Keras network. Give the .keras or .h5 file "
            "that it was converted from."
        )
    if any(word in content for word in _OF_TENSORFLOW_JS):
        return (
            "is a network of TensorFlow.js, which keeps its weights elsewhere. Give the "
            ".keras or .h5 file that it was converted from."
        )
    if content[8:10] == b'{"':
        return f"is a safetensors file, which holds weights alone. Ask its maker for {_KERAS}."
    for beginning, reason in _BEGINNINGS:
        if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(beginning):
            return reason
    if (
        content
        and content.isascii()
        and all(x >= 32 or x in b"\t\r\n" for x in content)
    ):
        return f"is a text, not a network. Expected {_KERAS}."
    return None


def _is_onnx(content: bytes) -> bool:
    """Protocol buffer of ONNX: its version, then the name of who wrote it."""
    return content[:1] == b"\x08" and content[1:2] < b"\x20" and content[2:3] == b"\x12"
