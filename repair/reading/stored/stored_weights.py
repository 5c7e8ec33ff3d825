"""Where a file keeps the weights of each layer: three layouts, brought to one.

Keras 1 to 3 list, for each layer of the outermost model, the names of its datasets
(``.h5``). Keras 3 and tf.keras from 2.12 number them by the class of each layer
(``.keras``, ``.weights.h5``): layers/conv2d_1/vars/0.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice

import h5py

from repair.errors import ModelError
from repair.reading.attributes import has_names, names, text
from repair.reading.described.calls import MAX_LAYERS
from repair.reading.described.parts import OF_TENSORFLOW, Part
from repair.reading.described.wrappers import SPECTRAL
from repair.reading.hdf5 import child, dataset
from repair.reading.rebuilt.limits import MAX_PARAMETERS
from repair.reading.stored.folders import Folder, spelled_on_windows

_MAX_WEIGHTS = 20_000  # of one layer, which may be a model of thousands
# In the second tf.keras 2.12 and 2.13 count a layer with weights twice, and a folder is there
# for every layer.
_OLD = "_layer_checkpoint_dependencies"
_CONTAINERS = ("layers", _OLD)
# Layers that Keras makes of others, and what it calls those.
_WITHIN = {
    "MultiHeadAttention": ("query_dense", "key_dense", "value_dense", "output_dense"),
    SPECTRAL: ("layer",),
    "TimeDistributed": ("layer",),
}


@dataclass(frozen=True)
class Stored:
    """Weights that were found and checked, but not read.

    Attributes:
        by_path: By the path of a layer, or of a model, its datasets.
        names: The same, what the file calls each dataset.
        of_theano: Whether Keras 2 trained them on Theano, which turns the kernels of
            convolutions when it applies them.
    """

    by_path: dict[tuple[str, ...], list[h5py.Dataset]] = field(default_factory=dict)
    names: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    of_theano: bool = False

    def may_have(self, path: tuple[str, ...]) -> bool:
        """Whether there may be weights of a layer: a list has those of a model together."""
        return path in self.by_path or bool(self.names)

    @property
    def total(self) -> int:
        """How many numbers they are in all."""
        return sum(found.size for each in self.by_path.values() for found in each)


def stored_weights(file: h5py.Group, model: Part) -> Stored:
    """Finds the weights of a model.

    Args:
        file: What holds them.
        model: The model as its description has it.

    Raises:
        ModelError: If the layout is another, or a dataset is unsafe or too large.
    """
    if has_names(file, "layer_names"):
        stored = _listed(file)
    elif container := _container(Folder(file)) or _container(spelled_on_windows(file)):
        stored = Stored()
        _numbered(*container, model, (), stored)
    else:
        raise ModelError(
            "expected a Keras model or its weights. Received: HDF5 with the keys "
            f"{[name[:40] for name in islice(file, 5)]}."
        )
    if stored.total > MAX_PARAMETERS:
        raise ModelError(
            f"expected at most {MAX_PARAMETERS:,} weights. Received: {stored.total:,}."
        )
    return stored


def _listed(group: h5py.Group) -> Stored:
    listed = _different(names(group, "layer_names", ModelError, most=MAX_LAYERS))
    found: dict[str, list[str]] = {}
    for name in listed:
        layer = child(group, name, ModelError)
        weights = names(layer, "weight_names", ModelError, most=_MAX_WEIGHTS)
        found[name] = _different(weights)
    with_weights = [name for name in found if found[name]]
    backend = text(group, "backend", ModelError) if "backend" in group.attrs else ""
    stored = Stored(of_theano=backend == "theano")
    for name in with_weights:
        layer = child(group, name, ModelError)
        kept = [
            (each, dataset(layer, each, ModelError, weights=True))
            for each in found[name]
        ]
        kept = [pair for pair in kept if not _is_seed(*pair)]
        stored.names[(name,)] = [each for each, _ in kept]
        stored.by_path[(name,)] = [each for _, each in kept]
    return stored


def _different(listed: list[str]) -> list[str]:
    if len(set(listed)) < len(listed):
        raise ModelError(
            "expected different names of layers and weights. Received: one of "
            f"{len(listed):,} twice."
        )
    return listed


def _is_seed(name: str, found: h5py.Dataset) -> bool:
    """Whether it is the state of a random generator, which answers need not."""
    return found.dtype.kind in "iu" and found.size in (2, 3) and "count" not in name


def _container(folder: Folder) -> tuple[Folder, bool] | None:
    """The folder of a model's layers in the model's own, and whether it is the old one."""
    for name in _CONTAINERS:
        if (found := folder.below(name)) is not None:
            return found, name == _OLD
    return None


def _numbered(
    layers: Folder, is_old: bool, model: Part, path: tuple[str, ...], stored: Stored
) -> bool:
    """Finds the weights of a model's layers; whether there are any."""
    before = len(stored.by_path)
    counts: dict[str, int] = defaultdict(int)
    for part in model.parts:
        if (
            part.is_operator and part.kind not in OF_TENSORFLOW
        ):  # no layer, so it has no folder
            continue
        name = snake_case(part.kind)
        number = counts[name]
        counts[name] += 1
        folder = layers.below(f"{name}_{number}" if number else name)
        if folder is None:
            continue
        own = (*path, part.name)
        if part.is_model:
            inner = _container(folder)
            has_weights = inner is not None and _numbered(*inner, part, own, stored)
        else:
            has_weights = bool(found := _variables(folder, part.kind))
            if found:
                stored.by_path[own] = found
        if is_old and has_weights and layers.below(f"{name}_{number + 1}") is None:
            counts[name] += 1
    return len(stored.by_path) > before


def _variables(folder: Folder, kind: str) -> list[h5py.Dataset]:
    found = folder.variables()
    for name in _WITHIN.get(kind, ()):
        within = folder.below(name) or folder.below(f"_{name}")
        found += within.variables() if within is not None else []
    return found


def snake_case(name: str) -> str:
    """A class's name as Keras spells it in files: ``Conv2D`` is conv2d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
