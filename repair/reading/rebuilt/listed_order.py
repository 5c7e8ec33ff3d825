"""The order in which a ``.h5`` file lists the weights of a nested model.

They stand in one list: first those that its writer trained, then the others (moving means,
frozen layers). tf.keras takes all of a model that is switched off for frozen, and so do its
models around. Keras 3 asks each layer, and the outermost nested model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from repair.errors import ModelError
from repair.reading.described.parts import Part
from repair.reading.rebuilt.graph import Graph
from repair.reading.rebuilt.lora import with_factors
from repair.reading.rebuilt.spectral import with_vector
from repair.reading.rebuilt.stand_ins import stored_by

Path = tuple[str, ...]
_LAST_PIECES = 20  # of a weight's name that are looked at


@dataclass(frozen=True)
class Weight:
    """One weight of a layer, as its writer counted it."""

    path: Path
    trained: bool


def listed_order(model: Part, path: Path, graph: Graph) -> list[Weight]:
    """A nested model's weights in the order in which its writer listed them.

    Args:
        model: One that stands in the outermost model.
        path: Of it.
        graph: Its layers, built.
    """
    if graph.keras_version < (3, 0):
        trained, others = _halves(model, path, graph)
        return trained + others
    weights = _as_they_stand(model, path, graph)
    switched_on = _switched_on(model)  # sorting keeps the order within each half
    return sorted(weights, key=lambda weight: switched_on and not weight.trained)


def check_names(order: list[Weight], names: list[str]) -> None:
    """Refuses a list in which a weight is called after another layer than its own.

    A name holds the end of a layer's path, long or short: ``block1/conv/kernel``, or no
    more than ``conv/kernel``. Whose path agrees with most of it is meant.

    Raises:
        ModelError: If one is.
    """
    ends = {end for weight in order for end in _ends(weight.path)}
    for weight, name in zip(order, names, strict=True):
        found = ends.intersection(_within(name))
        own = found.intersection(_ends(weight.path))
        if max(map(_pieces, own), default=0) < max(map(_pieces, found), default=0):
            raise ModelError(
                f"model {weight.path[0]!r}: expected the weights of "
                f"{'/'.join(weight.path[1:])[:100]!r}. Received: {name[:100]!r}. The "
                "description and the weights are not of the same model."
            )


def _ends(path: Path) -> Iterator[str]:
    """``c``, ``b/c`` and ``a/b/c`` of a path."""
    return ("/".join(path[-length:]) for length in range(1, len(path) + 1))


def _within(name: str) -> Iterator[str]:
    """Every part of a name that begins and ends at a stroke."""
    pieces = name.split("/")[-_LAST_PIECES:]
    for start in range(len(pieces)):
        for stop in range(start + 1, len(pieces) + 1):
            yield "/".join(pieces[start:stop])


def _pieces(end: str) -> int:
    return end.count("/") + 1


def _halves(part: Part, path: Path, graph: Graph) -> tuple[list[Weight], list[Weight]]:
    """What tf.keras trained, and what not."""
    if part.is_model:
        halves = [_halves(each, (*path, each.name), graph) for each in part.parts]
        trained = [weight for half, _ in halves for weight in half]
        others = [weight for _, half in halves for weight in half]
    else:
        weights = _of_layer(part, path, graph)
        trained = [weight for weight in weights if weight.trained]
        others = [weight for weight in weights if not weight.trained]
    return (trained, others) if _switched_on(part) else ([], trained + others)


def _as_they_stand(part: Part, path: Path, graph: Graph) -> list[Weight]:
    """Layer by layer."""
    if not part.is_model:
        return _of_layer(part, path, graph)
    return [
        weight
        for each in part.parts
        for weight in _as_they_stand(each, (*path, each.name), graph)
    ]


def _of_layer(part: Part, path: Path, graph: Graph) -> list[Weight]:
    layer = graph.layers.get(path, [None])[0]
    if layer is None:
        return []
    flags = [variable.trainable for variable in layer.weights]
    shapes = stored_by(part, layer)
    flags = flags if len(flags) == len(shapes) else [False] * len(shapes)
    if with_factors(part, layer):
        flags = [*flags[1:], True, True, False]
    if with_vector(part, layer):
        flags = [*flags, False]
    switched_on = _switched_on(part)
    return [Weight(path, flag and switched_on) for flag in flags]


def _switched_on(part: Part) -> bool:
    return part.config.get("trainable", True) is not False
