"""How a layer is called, as a file writes it: in nested lists or in objects.

Keras has written the same call in several spellings: nested lists (Keras 2), lists that
hold constants as well (tf.keras' operators), and tensors as objects (Keras 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from repair.errors import ModelError
from repair.reading.described.plain_values import of_type, plain

MAX_LAYERS = 5000
_CONSTANT = "_CONSTANT_VALUE"


@dataclass(frozen=True)
class Place:
    """One tensor of a graph.

    Attributes:
        part: Name of the layer that makes it.
        call: Which of that layer's calls does.
        number: Which of that call's tensors it is.
    """

    part: str
    call: int
    number: int


@dataclass(frozen=True)
class Call:
    """What a layer is called with; a ``Place`` stands for each tensor."""

    arguments: list[Any]
    keywords: dict[str, Any]


def place_of(value: Any) -> Place | None:
    """The tensor that [name, call, number] names, None if it names none."""
    if not isinstance(value, list) or len(value) < 3:
        return None
    name, call, number = value[:3]
    if not isinstance(name, str) or type(call) is not int or type(number) is not int:
        return None
    return Place(name, call, number)


def places_of(listed: Any, what: str) -> list[Place]:
    """The tensors that a model begins or ends in: one, a list of such, or such by name.

    Raises:
        ModelError: If there is none, or something else.
    """
    if isinstance(listed, dict):
        listed = list(listed.values())
    listed = of_type(listed, list, what)
    if listed and isinstance(listed[0], str):
        listed = [listed]
    places = [place for each in listed if (place := place_of(each)) is not None]
    if not places or len(places) < len(listed):
        raise ModelError(f"expected {what} to name layers. Received: {listed!s:.100}.")
    return places


def calls_of(nodes: Any, name: str) -> list[Call]:
    """How a layer is called, by its ``inbound_nodes``.

    Raises:
        ModelError: If they are malformed.
    """
    what = f"'inbound_nodes' of layer {name!r}"
    nodes = of_type([] if nodes is None else nodes, list, what)
    if len(nodes) > MAX_LAYERS:
        raise ModelError(f"expected {what} to be few. Received: {len(nodes):,}.")
    return [_call(node, what) for node in nodes]


def _call(node: Any, what: str) -> Call:
    if not isinstance(node, dict):
        return _call_of_keras_2(node, what)
    return (_call_of_keras_3 if "args" in node else _call_by_name)(node, what)


def _call_by_name(node: dict[str, Any], what: str) -> Call:
    """tf.keras: a model's inputs by their names, each a tensor [name, call, number, {}]."""
    named = {name: place_of(entry) for name, entry in node.items()}
    if not named or None in named.values():
        raise ModelError(f"expected tensors in {what}. Received: {str(node)[:60]!r}.")
    return Call([named], {})


def _call_of_keras_3(node: dict[str, Any], what: str) -> Call:
    arguments = of_type(node.get("args"), list, f"'args' in {what}")
    keywords = of_type(node.get("kwargs", {}), dict, f"'kwargs' in {what}")
    return Call(plain(arguments, _tensor), plain(keywords, _tensor))


def _tensor(value: dict[str, Any]) -> Place | None:
    """The tensor that an object of Keras 3 stands for, None if it is something else."""
    if value.get("class_name") != "__keras_tensor__":
        return None
    config = of_type(value.get("config"), dict, "'config' of a tensor")
    place = place_of(config.get("keras_history"))
    if place is None:
        raise ModelError("expected 'keras_history' of a tensor to name a layer.")
    return place


def _call_of_keras_2(node: Any, what: str) -> Call:
    """A tensor [name, call, number, keywords], or a list of such."""
    node = of_type(node, list, f"a node in {what}")
    single = bool(node) and isinstance(node[0], str)
    entries = [node] if single else node
    keywords: dict[str, Any] = {}
    values = []
    for entry in entries:
        entry = of_type(entry, list, f"a tensor in {what}")
        if entry and entry[0] == _CONSTANT and len(entry) >= 3:
            values.append(plain(entry[2], _tensor))
        elif (place := place_of(entry)) is not None:
            values.append(place)
        else:
            raise ModelError(
                f"expected tensors in {what}. Received: {str(entry)[:60]!r}."
            )
        more = entry[3] if len(entry) > 3 else {}
        keywords |= of_type(more, dict, f"keywords in {what}")
    called = {key: _named(plain(value, _tensor)) for key, value in keywords.items()}
    return Call([values[0] if len(values) == 1 else values], called)


def _named(value: Any) -> Any:
    """The same with the tensors in place of their names, in lists as well."""
    if (place := place_of(value)) is not None:
        return place
    return [_named(item) for item in value] if isinstance(value, list) else value
