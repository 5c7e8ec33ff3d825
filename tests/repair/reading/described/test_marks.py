"""Layers that are marked for a later training."""

from __future__ import annotations

import json
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from saved_networks import images_for, lively, saved

from repair.errors import ModelError
from repair.network.inference import outputs
from repair.reading.network_file import read_network


def annotated(entry: dict[str, Any]) -> dict[str, Any]:
    """A layer that is marked for quantisation, as tensorflow-model-optimization does."""
    name = entry["config"]["name"]
    return entry | {
        "class_name": "QuantizeAnnotate",
        "config": {"name": name, "layer": entry, "quantize_config": None},
    }


def changed(tmp_path, times: int) -> Any:
    """A network, and a file of it in which its convolution is marked so many times."""
    images = keras.Input((8, 7, 3))
    x = layers.Conv2D(4, 3, name="conv")(images)
    network = lively(
        keras.Model(images, layers.Dense(3, "softmax")(layers.Flatten()(x)))
    )
    path = saved(network, tmp_path, ".h5")
    with h5py.File(path, "r+") as file:
        description = json.loads(file.attrs["model_config"])
        for entry in description["config"]["layers"]:
            if entry["config"]["name"] == "conv":
                for key in ("module", "registered_name", "build_config"):
                    entry.pop(key, None)
                marked = dict(entry)
                for _ in range(times):
                    marked = annotated(marked)
                entry.update(marked)
        file.attrs["model_config"] = json.dumps(description)
    return network, path


def test_a_mark_changes_no_answer(tmp_path):
    network, path = changed(tmp_path, 1)
    images = images_for(network)
    np.testing.assert_allclose(
        outputs(read_network(path), images),
        network.predict(images, verbose=0),
        atol=1e-6,
    )


def test_a_mark_of_a_mark_is_refused(tmp_path):
    _, path = changed(tmp_path, 2)
    with pytest.raises(ModelError, match=r"QuantizeAnnotate.*not supported"):
        read_network(path)
