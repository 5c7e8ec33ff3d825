"""The order in which the layers of a model are called."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from repair.errors import ModelError
from repair.reading.described.calls import Call, Place
from repair.reading.described.parts import Part


def calls_in_order(model: Part) -> list[tuple[Part, Place, Call]]:
    """The calls of a model's layers, each after those whose tensors it needs.

    Returns:
        The layer, its call's first tensor, and what it is called with.

    Raises:
        ModelError: If the graph has a cycle, or names a layer that it lacks.
    """
    needs, first = _needs(model)
    parts = {part.name: part for part in model.parts}
    listeners: dict[tuple[str, int], list[tuple[tuple[str, int], Place]]]
    listeners = defaultdict(list)
    for key, places in needs.items():
        for place in places:
            if place.part not in parts:
                raise lost(place)
            listeners[place.part, place.call].append((key, place))
    ready = deque(key for key, places in needs.items() if not places)
    ordered = []
    while ready:
        name, number = ready.popleft()
        part, made = parts[name], Place(name, number + first.get(name, 0), 0)
        ordered.append((part, made, part.calls[number]))
        for key, place in listeners.pop((made.part, made.call), []):
            needs[key].discard(place)
            if not needs[key]:
                ready.append(key)
    if len(ordered) < len(needs):
        raise lost(next(Place(*key, 0) for key, places in needs.items() if places))
    return ordered


def highest_numbers(model: Part) -> dict[tuple[str, int], int]:
    """For each call of a layer, the highest number of a result that somebody needs."""
    needs, _ = _needs(model)
    highest: dict[tuple[str, int], int] = {}
    for place in set(model.outputs).union(*needs.values()):
        call = (place.part, place.call)
        highest[call] = max(highest.get(call, 0), place.number)
    return highest


def lost(place: Place) -> ModelError:
    """The error for a tensor that can not be had."""
    if place.number:
        return ModelError(
            f"layer {place.part!r}: expected only its first result to be used. Received: a "
            f"use of result {place.number + 1}, such as attention scores. Save the model "
            "without what needs that."
        )
    name = place.part
    return ModelError(f"the graph has a cycle, or names a layer it lacks, at {name!r}.")


def _needs(model: Part) -> tuple[dict[tuple[str, int], set[Place]], dict[str, int]]:
    """The tensors that each call needs; and the number of each nested model's first call.

    That is 1 where the writer counted the making of the model as its call 0.
    """
    inputs = set(model.inputs)
    needs = {
        (part.name, number): _places(call) - inputs
        for part in model.parts
        for number, call in enumerate(part.calls)
    }
    first: dict[str, int] = {}
    nested = {part.name for part in model.parts if part.is_model}
    for place in set(model.outputs).union(*needs.values()):
        if place.part in nested:
            first[place.part] = min(first.get(place.part, 1), max(place.call, 0))
    return needs, first


def _places(call: Call) -> set[Place]:
    """The tensors that a call needs."""
    found, waiting = set(), [call.arguments, call.keywords]
    while waiting:
        value: Any = waiting.pop()
        if isinstance(value, Place):
            found.add(value)
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
    return found
