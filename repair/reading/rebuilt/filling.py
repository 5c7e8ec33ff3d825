"""Gives each layer of a network the weights that its file stores for it.

A nested model's weights stand in one list in a ``.h5`` file. So the list is made up again,
by the writer's rule, and held against the names and shapes that the file has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import h5py
import keras
import numpy as np

from repair.errors import ModelError
from repair.reading.described.parts import Part
from repair.reading.described.wrappers import SPECTRAL
from repair.reading.hdf5 import numbers
from repair.reading.rebuilt.graph import Graph
from repair.reading.rebuilt.listed_order import check_names, listed_order
from repair.reading.rebuilt.lora import merged, with_factors
from repair.reading.rebuilt.spectral import with_vector, without_vector
from repair.reading.rebuilt.stand_ins import stored_by, weights_for
from repair.reading.stored.stored_weights import Stored

Path = tuple[str, ...]
# Kernels that Keras 2 turns when it loads them elsewhere; it keeps no others turned.
_TURNED_ON_THEANO = ("Conv1D", "Conv2D", "Conv2DTranspose")


def fill(graph: Graph, model: Part, stored: Stored) -> None:
    """Sets all weights.

    Raises:
        ModelError: If some are missing, have other shapes, or are no finite numbers, or
            all are zero.
    """
    parts = dict(_leaves(model, ()))
    by_layer = dict(_by_layer(graph, model, stored))
    for path, made in graph.layers.items():
        # A random generator may have a state, which answers need not.
        if made[0].weights or not isinstance(made[0], keras.layers.Identity):
            if made[0].weights and not stored.may_have(path):
                raise _not_stored(path)
            for layer in made:
                _check(path, parts[path], layer, by_layer.get(path, []))
    weighted = {path: made for path, made in graph.layers.items() if made[0].weights}
    zero = bool(weighted)
    for path, made in weighted.items():
        values = [numbers(each, ModelError) for each in by_layer[path]]
        zero = zero and not any(array.any() for array in values)
        values = without_vector(parts[path], made[0], values)
        if stored.of_theano and parts[path].kind in _TURNED_ON_THEANO:
            values[0] = np.flip(values[0], axis=tuple(range(values[0].ndim - 2)))
        values = merged(parts[path], made[0], values)
        values = weights_for(parts[path], made[0], values)
        for layer in made:
            layer.set_weights(values)
    if zero:
        raise ModelError("all weights are zero. Expected a trained network.")


def _check(
    path: Path, part: Part, layer: keras.Layer, stored: list[h5py.Dataset]
) -> None:
    expected = stored_by(part, layer)
    received = [tuple(each.shape) for each in stored]
    others = with_factors(part, layer) + with_vector(part, layer)
    if received not in (others if part.kind == SPECTRAL else [expected, *others]):
        raise ModelError(
            f"layer {'/'.join(path)[:100]!r}: expected weights of shapes {expected}. "
            f"Received: {str(received)[:300]}. The description and the weights are not of "
            "the same model."
        )


def _not_stored(path: Path) -> ModelError:
    return ModelError(
        f"layer {'/'.join(path)[:100]!r}: expected weights of its own. Received: none. A layer "
        "that lies in two models is stored once in .keras and .weights.h5 files, which do "
        "not tell where else it lies: save the model as .h5, or make two layers of it. "
        "Otherwise, the description and the weights are not of the same model."
    )


def _leaves(part: Part, path: Path) -> Iterator[tuple[Path, Part]]:
    for each in part.parts:
        own = (*path, each.name)
        if each.is_model:
            yield from _leaves(each, own)
        else:
            yield own, each


def _by_layer(
    graph: Graph, model: Part, stored: Stored
) -> Iterator[tuple[Path, list[h5py.Dataset]]]:
    paths = _paths(graph, model, stored)
    nested = {(part.name,): part for part in model.parts if part.is_model}
    for place, path in paths.items():
        found = stored.by_path[place]
        if path not in nested:
            yield path, found
            continue
        order = listed_order(nested[path], path, graph)
        names = stored.names[place]
        if len(order) != len(found):
            raise ModelError(
                f"model {path[0]!r}: expected {len(order)} weights. Received: "
                f"{len(found)}. The description and the weights are not of the same model."
            )
        split: dict[Path, list[h5py.Dataset]] = {weight.path: [] for weight in order}
        for weight, each in zip(order, found, strict=True):
            split[weight.path].append(each)
        check_names(order, names)
        yield from split.items()


def names_agree(model: Part, stored: Stored) -> bool:
    """Whether all stored weights are those of layers that are described."""
    described = {part.name for part in model.parts}
    return all(path[0] in described for path in stored.by_path)


def _with_models(paths: Iterable[Path]) -> set[Path]:
    """Paths of layers, and of the models that these lie in."""
    return {path[:length] for path in paths for length in range(1, len(path) + 1)}


def _paths(graph: Graph, model: Part, stored: Stored) -> dict[Path, Path]:
    """For each stored layer the one that is described; by their order if names differ.

    What is described and was not needed is left out.
    """
    known = _with_models(graph.layers)
    described = [path for path, part in _leaves(model, ()) if not part.is_operator]
    if (known | _with_models(described)).issuperset(stored.by_path):
        return {path: path for path in stored.by_path if path in known}
    weighted = {path[0] for path, made in graph.layers.items() if made[0].weights}
    in_order = [(part.name,) for part in model.parts if part.name in weighted]
    if not stored.names or len(in_order) != len(stored.by_path):
        other = next(path for path in stored.by_path if path not in known)
        raise ModelError(
            "expected the weights of the layers that are described, "
            f"{len(in_order)} of them. Received: those of {'/'.join(other)[:100]!r} as "
            "well. The description and the weights are not of the same model."
        )
    return dict(zip(stored.by_path, in_order, strict=True))
