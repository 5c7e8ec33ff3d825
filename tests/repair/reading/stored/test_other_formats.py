"""What is no Keras network is called by its name, and how to get one is said."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from repair.errors import ModelError
from repair.reading.network_file import read_network

FILES = {
    "pickle": (pickle.dumps({"a": 1}), "a pickle.*model.save"),
    "old pickle": (pickle.dumps({"a": 1}, 2), "pickle or an old PyTorch.*model.save"),
    "TFLite": (b"\x1c\0\0\0TFL3" + bytes(90), "TensorFlow Lite.*was converted from"),
    "ONNX": (b"\x08\x08\x12\x07pytorch\x1a\x031.9", "ONNX.*was converted from"),
    "JSON": (b'{"class_name": "Functional"}', "--architecture"),
    "TensorFlow.js": (
        b'{"format": "layers-model", "generatedBy"',
        "TensorFlow.js.*from",
    ),
    "gzip": (b"\x1f\x8b\x08" + bytes(30), "gzip"),
    "text": (b"conv_1", "is a text, not a network"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(40), "is a PNG image, not a network"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(40), "is a JPEG image, not a network"),
    "table": (b"name,label\r\na.png,1\r\n", "is a text, not a network"),
    "web page": (b"\n<!DOCTYPE html><html>", "web page"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "safetensors": (b"\x40" + bytes(7) + b'{"w":{"dtype":"F32"', "safetensors.*maker"),
    "tar": (b"net.h5".ljust(257, b"\0") + b"ustar\x0000" + bytes(300), "tar. Unpack"),
    "SavedModel": (b"\x08\x01\x12\xa0\x05" + bytes(40), "is a SavedModel.*model.save"),
    "noise": (bytes(range(160, 224)), "HDF5"),
    "nothing": (b"", "HDF5"),
}


@pytest.mark.parametrize("name", FILES)
def test_file_is_called_by_its_name(tmp_path, name):
    content, message = FILES[name]
    path = tmp_path / "network.keras"
    path.write_bytes(content)
    refused(path, message)


def refused(path: Path, message: str) -> None:
    with pytest.raises(ModelError, match=message) as refusal:
        read_network(path)
    line = str(refusal.value)
    assert str(path) in line
    assert line.isprintable()
    for word in ("whole file", " in it", "may run code", "pruning"):
        assert word not in line


def test_pytorch_and_arrays(tmp_path):
    for member, message in (("x/data.pkl", "PyTorch.*its maker"), ("a.npy", ".npz")):
        path = tmp_path / "network.h5"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "")
        refused(path, message)
    np.save(tmp_path / "array.npy", np.zeros(3))
    refused(tmp_path / "array.npy", "NumPy array")


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("models/net.h5", r"zip with 'models/net.h5'. Unpack"),
        ("export/saved_model.pb", "packed SavedModel.*model.save"),
        ("cat/1.JPG", "zip of images"),
    ],
)
def test_other_zips(tmp_path, member, message):
    path = tmp_path / "network.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "")
    refused(path, message)


def test_folders(tmp_path):
    refused(tmp_path, "is a folder")
    (tmp_path / "saved_model.pb").write_bytes(b"")
    refused(tmp_path, "SavedModel.*model.save")


@pytest.mark.parametrize("name", ["ckpt.index", "variables.data-00000-of-00001"])
def test_parts_of_a_checkpoint(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\0\0\x06\x08\x01\x1a\x02\x08\x01" + bytes(range(128, 250)))
    refused(path, "checkpoint of TensorFlow.*load_weights.*model.save")


def test_weights_of_the_first_keras(tmp_path):
    path = tmp_path / "mnist.weights.h5"
    with h5py.File(path, "w") as file:
        file.attrs["nb_layers"] = 1
        file["layer_0/param_0"] = np.zeros((32, 1, 3, 3))
        file["layer_0"].attrs["nb_params"] = 1
    refused(path, "weights alone, as Keras 0.*with Keras 2.0 to 2.3")
