"""Which call of a model within makes an output, counted as all other calls are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from repair.reading.described.calls import Place


def counted_from_0(
    outputs: list[Place], parts: Iterable[Any], entries: list[Any]
) -> list[Place]:
    """Outputs as ``inbound_nodes`` count them.

    Keras 3 counts the calls of a functional model within from 1 where it lists outputs,
    since making the model was one, and from 0 everywhere else.

    Args:
        outputs: As listed.
        parts: The layers, and
        entries: their descriptions.
    """
    if not any(map(_is_of_keras_3, entries)):
        return outputs
    graphs = {each.name for each in parts if each.is_model and not each.is_chain}
    moved = [place.part in graphs and place.call > 0 for place in outputs]
    return [
        replace(place, call=place.call - each)
        for place, each in zip(outputs, moved, strict=True)
    ]


def _is_of_keras_3(entry: Any) -> bool:
    nodes = entry.get("inbound_nodes") if isinstance(entry, dict) else None
    return isinstance(nodes, list) and any(
        isinstance(node, dict) and "args" in node for node in nodes
    )
