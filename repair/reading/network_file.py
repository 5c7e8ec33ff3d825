"""Reads a network from a file without running anything that the file carries.

Full models of Keras 2 and 3 (``.keras``, ``.h5``), weights beside their architecture, and
the weights of a DeepID network alone are read. What a file is, its content tells, not its
name. The graph is rebuilt from lists of layers and operators; weights fill it only where
every shape agrees.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from artifacts.errors import one_line
from repair.errors import ModelError, RepairError
from repair.network.meaning import meaning_of
from repair.network.plain import classifier
from repair.network.shares import are_probabilities
from repair.network.trial import check_answer
from repair.process.notice import say
from repair.reading.deepid import deepid_description
from repair.reading.described.needed import needed
from repair.reading.described.nested import Step, Tensor, flatten
from repair.reading.described.parts import model_from
from repair.reading.described.writer import Version, writer_of
from repair.reading.rebuilt.filling import fill, names_agree
from repair.reading.rebuilt.graph import Graph
from repair.reading.rebuilt.operators.use import is_tensor
from repair.reading.stored.losses import is_of_one_label, loss_of
from repair.reading.stored.network_source import (
    Source,
    architecture_in,
    naming,
    opened_source,
)
from repair.reading.stored.stored_weights import stored_weights


def read_network(
    path: Path,
    *,
    architecture: Path | None = None,
    output: str | None = None,
    image_shape: tuple[int, int, int] | None = None,
) -> keras.Model:
    """Reads a classifier.

    Args:
        path: A Keras model, or the weights of one.
        architecture: JSON file of the model's description, for weights alone; those of a
            DeepID network need none.
        output: Name of the layer whose output is wanted, where there are several.
        image_shape: Rows, columns and channels, for a network that takes any size.

    Returns:
        An uncompiled network from images ``(n, rows, columns, channels)`` float32, on
        the scale it was trained with, to probabilities ``(n, N)`` float32. Each of its
        layers is called once.

    Raises:
        ModelError: If the file is missing, broken, unsafe or not such a network.
    """
    given = None if architecture is None else architecture_in(architecture)
    with naming(path), opened_source(path) as source, _own_faults_named():
        return network_from(
            source, architecture=given, output=output, image_shape=image_shape
        )


@contextmanager
def _own_faults_named() -> Iterator[None]:
    """Says of an error that is neither the file's nor HDF5's that it is one of ours."""
    try:
        yield
    except (RepairError, MemoryError):
        raise
    except RecursionError as reason:
        raise ModelError(
            "has too many layers behind one another, or within. Expected at most about a "
            "thousand in a row."
        ) from reason
    except Exception as reason:
        last = list(traceback.walk_tb(reason.__traceback__))[-1][0]
        if last.f_globals.get("__name__", "").split(".")[0] == "h5py":
            raise
        raise ModelError(
            "holds what the reader was not made for; that is a fault of this program. "
            f"Please report it. Received: {type(reason).__name__}: {one_line(reason)}"
        ) from reason


def network_from(
    source: Source,
    *,
    architecture: Any = None,
    output: str | None = None,
    image_shape: tuple[int, int, int] | None = None,
) -> keras.Model:
    """The network of an open file; see ``read_network``.

    Args:
        source: What the file holds.
        architecture: A description, parsed, for weights alone.
        output: Name of the layer whose output is wanted.
        image_shape: Rows, columns and channels, for a network that takes any size.

    Raises:
        ModelError: If it is malformed, unsafe or no classifier.
    """
    if source.description is not None and architecture is not None:
        raise ModelError("describes its model itself. Leave --architecture out.")
    description = architecture if source.description is None else source.description
    if description is None:
        description = deepid_description(source.weights)
    model = model_from(description)
    written_by = writer_of(model, description, source.keras_version)
    stored = stored_weights(source.weights, model)
    graph = Graph(written_by, stored.total, stored.may_have)
    steps, outputs = flatten(model)
    own_names = model.output_names or list(outputs)
    by_own_name = dict(zip(own_names, outputs, strict=True))
    chosen = _chosen(outputs, by_own_name.get(output or "", output))
    end = outputs[chosen]
    if names_agree(model, stored):
        steps, end = needed(steps, end)
    with _crops_named(steps, graph.keras_version):
        graph.build(steps, image_shape)
        fill(graph, model, stored)
    scores = graph.tensors[end.step]
    if not is_tensor(scores):
        raise ModelError("expected an output for each image. Received: sizes alone.")
    own_name = own_names[list(outputs).index(chosen)]
    loss = loss_of(source.loss, own_names, own_name)
    check_answer(graph.images, scores)
    probable = are_probabilities(graph.images, scores)
    one_label = is_of_one_label(source.loss, own_names, own_name)
    network = classifier(
        graph.images,
        scores,
        loss=loss,
        are_probabilities=probable,
        is_of_one_label=one_label,
    )
    if sentence := meaning_of(scores, loss, are_probabilities=probable):
        say(sentence)
    return network


@contextmanager
def _crops_named(steps: list[Step], keras_version: Version) -> Iterator[None]:
    """Names a RandomCrop as the likely cause where what stands behind it does not fit."""
    try:
        yield
    except ModelError as reason:
        crops = [each for each in steps if each.part.kind == "RandomCrop"]
        if not crops or keras_version < (3, 8):
            raise
        config = crops[0].part.config
        sides = f"{str(config.get('width'))[:9]} x {str(config.get('height'))[:9]}"
        raise ModelError(
            f"{reason} Keras 3 crops in layer {crops[0].name!r} while it trains, not when "
            "it answers. If what follows was made for cropped images, save the network "
            f"without that layer, for images of {sides}."
        ) from reason


def _chosen(outputs: dict[str, Tensor], wanted: str | None) -> str:
    """The name of the output that is wanted."""
    if wanted is None and len(set(outputs.values())) == 1:
        return next(iter(outputs))
    if wanted not in outputs:
        names = ", ".join(outputs)[:300]
        received = f"{len(outputs)} outputs" if wanted is None else f"{wanted!r}"
        raise ModelError(
            "expected one output. Name the one that classifies by --output NAME, of: "
            f"{names}. Received: {received}."
        )
    return wanted
