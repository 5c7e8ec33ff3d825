"""Reads a network from HDF5 without running anything that the file carries.

Full models of Keras 2.2.4 to 3 (graph and weights) and weights-only files (old and new
layout, DeepID alone) are read. The graph is rebuilt from ``layer_list``; a file's
weights fill it only where every shape agrees.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import h5py
import keras

from artifacts.errors import one_line
from repair.errors import ModelError, RepairError
from repair.reading.attributes import MAX_TEXT, names, text
from repair.reading.deepid import FC_UNITS, LAYERS_WITH_WEIGHTS, deepid
from repair.reading.graph import build_graph
from repair.reading.hdf5 import child, dataset, numbers, open_hdf5

# Checked, but not read before every shape agrees with the graph.
Weights = dict[str, list[h5py.Dataset]]
MAX_PARAMETERS = 50_000_000
_MAX_LAYERS = 500
_MAX_WEIGHTS = 16  # of one layer


def read_network(
    path: Path,
    *,
    architecture: Path | None = None,
    output: str | None = None,
    image_shape: tuple[int, int, int] | None = None,
) -> keras.Model:
    """Reads a classifier.

    Args:
        path: HDF5 file: a full Keras model, or the weights of a DeepID network.
        architecture: JSON file of the model's description, for weights alone.
        output: Name of the layer whose output is wanted, where there are several.
        image_shape: Rows, columns and channels, for a network that takes any size.

    Returns:
        An uncompiled network from images ``(n, rows, columns, channels)`` float32, on
        the scale it was trained with, to probabilities ``(n, N)`` float32.

    Raises:
        ModelError: If the file is missing, broken, unsafe or not such a network.
    """
    if path.is_dir():
        raise ModelError(
            f"{path}: expected an HDF5 file (.h5). Received: a folder. A SavedModel can "
            f"hold operations that read and write files, so it is not opened as input."
        )
    with open_hdf5(path, ModelError) as file:
        try:
            given = None if architecture is None else _architecture(architecture)
            return _network(file, given, output, image_shape)
        except RepairError as reason:
            if str(path) in str(reason):
                raise
            raise ModelError(f"{path}: {reason}") from reason
        except RecursionError as reason:
            raise ModelError(f"{path}: the model description is too deep.") from reason


def _network(
    file: h5py.File,
    description: Any,
    output: str | None,
    image_shape: tuple[int, int, int] | None,
) -> keras.Model:
    if "model_config" in file.attrs:
        description = json.loads(text(file, "model_config", ModelError))
        weights = _listed_weights(child(file, "model_weights", ModelError))
    else:
        weights = _weights_only(file)
    if description is None:
        network = _deepid_for(weights)
    else:
        network = build_graph(
            description, weights, output=output, image_shape=image_shape
        )
    _set_weights(network, weights)
    return network


def _architecture(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return json.loads(file.read(MAX_TEXT + 1)[:MAX_TEXT])
    except (OSError, ValueError) as reason:
        raise ModelError(
            f"{path}: expected a model's description, as model.to_json() gives it. "
            f"Received: {one_line(reason)}"
        ) from reason


def _weights_only(file: h5py.File) -> Weights:
    if "layer_names" in file.attrs:
        return _listed_weights(file)
    if "layers" in file:
        return _numbered_weights(child(file, "layers", ModelError))
    raise ModelError(
        "expected a Keras model or its weights. Received: HDF5 with the keys "
        f"{[name[:40] for name in islice(file, 5)]}."
    )


def _listed_weights(group: h5py.Group) -> Weights:
    """Weights in the layout of Keras 1 to 3: each layer lists its datasets."""
    listed = names(group, "layer_names", ModelError, most=_MAX_LAYERS)
    weights: Weights = {}
    for name in listed or _members(group):
        layer = child(group, name, ModelError)
        each = names(layer, "weight_names", ModelError, most=_MAX_WEIGHTS)
        weights[name] = [_weight(layer, weight) for weight in each]
    return weights


def _numbered_weights(group: h5py.Group) -> Weights:
    """Weights in the layout of Keras 3's ``.weights.h5``: layers/conv2d/vars/0."""
    weights: Weights = {}
    for folder in _members(group):
        variables = child(group, f"{folder}/vars", ModelError)
        named = "name" in variables.attrs
        name = text(variables, "name", ModelError) if named else folder
        count = min(len(variables), _MAX_WEIGHTS)
        weights[name] = [_weight(variables, str(i)) for i in range(count)]
    return weights


def _members(group: h5py.Group) -> list[str]:
    if len(group) > _MAX_LAYERS:
        raise ModelError(f"expected at most {_MAX_LAYERS} layers, {len(group):,}.")
    return list(group)


def _weight(group: h5py.Group, name: str) -> h5py.Dataset:
    found = dataset(group, name, ModelError)
    if found.size > MAX_PARAMETERS:
        raise ModelError(
            f"{name[:100]!r}: expected at most {MAX_PARAMETERS:,} values. "
            f"Received: {found.size:,}."
        )
    return found


def _deepid_for(weights: Weights) -> keras.Model:
    """An untrained DeepID network with as many labels as the weights have."""
    present = {name for name, arrays in weights.items() if arrays}
    if present != set(LAYERS_WITH_WEIGHTS):
        raise ModelError(
            "weights without a model description must be those of DeepID, with the "
            f"layers {', '.join(LAYERS_WITH_WEIGHTS)}. Received: "
            f"{', '.join(sorted(present))[:200] or 'none'}. Give the full model instead."
        )
    kernel = weights["output"][0]
    if kernel.ndim != 2 or kernel.shape[0] != FC_UNITS:
        raise ModelError(
            f"layer 'output': expected a kernel of shape ({FC_UNITS}, N). "
            f"Received: {kernel.shape}."
        )
    return deepid(num_classes=kernel.shape[1])


def _set_weights(network: keras.Model, weights: Weights) -> None:
    for layer in network.layers:
        expected = [tuple(variable.shape) for variable in layer.weights]
        received = [stored.shape for stored in weights.get(layer.name, [])]
        if expected != received:
            raise ModelError(
                f"layer {layer.name!r}: expected weights of shapes {expected}. "
                f"Received: {received}."
            )
    zero = True
    for layer in network.layers:
        values = [numbers(each, ModelError) for each in weights.get(layer.name, [])]
        layer.set_weights(values)
        zero = zero and not any(array.any() for array in values)
    if zero:
        raise ModelError("all weights are zero. Expected a trained network.")
