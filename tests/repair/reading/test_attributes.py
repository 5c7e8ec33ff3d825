"""Lists of names that Keras writes in pieces, since an attribute holds 64 KiB."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from saved_networks import images_for
from toys import change_model, random_weights, save_network, toy_network

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.attributes import has_names, names
from repair.reading.network_file import read_network


def in_pieces(group: h5py.Group, name: str, size: int = 2) -> None:
    """Writes an attribute as Keras writes what is too long for one."""
    listed = group.attrs.pop(name)
    for number, start in enumerate(range(0, len(listed), size)):
        group.attrs[f"{name}{number}"] = listed[start : start + size]


def test_names_in_pieces_are_one_list(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file.attrs["weight_names"] = np.array([b"a", b"b", b"c"])
        in_pieces(file, "weight_names")
        assert has_names(file, "weight_names")
        assert names(file, "weight_names", ModelError, most=3) == ["a", "b", "c"]
        with pytest.raises(ModelError, match="1 of them; expected at most 0"):
            names(file, "weight_names", ModelError, most=2)


def test_network_with_names_in_pieces_is_read(tmp_path: Path) -> None:
    network = random_weights(toy_network(normalised=True))
    path = save_network(network, tmp_path / "network.h5")

    def change(file: h5py.File) -> None:
        weights = file["model_weights"]
        for name in weights.attrs["layer_names"]:
            if len(weights[name].attrs.get("weight_names", [])) > 2:
                in_pieces(weights[name], "weight_names")
        in_pieces(weights, "layer_names")

    images = images_for(network)
    expected = network.predict(images, verbose=0)
    read = read_network(change_model(path, change))
    np.testing.assert_allclose(outputs(read, images), expected, atol=1e-6)
