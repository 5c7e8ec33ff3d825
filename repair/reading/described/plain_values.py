"""Values of a file's JSON: of the type that is expected, and no more than plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from artifacts.errors import printable
from repair.errors import ModelError

T = TypeVar("T")
_WORDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}
# What Keras 3 writes for values that JSON lacks.
_ARRAYS = ("__numpy__", "__tensor__")
_MAX_ITEMS = 1 << 16


def of_type(value: Any, kind: type[T], what: str) -> T:
    """``value`` itself, if it is of the type that is expected.

    Raises:
        ModelError: If it is not.
    """
    if not isinstance(value, kind):
        found = "nothing" if value is None else f"{str(value)[:60]!r}"
        raise ModelError(
            f"expected {printable(what)} to be {_WORDS[kind]}. Received: "
            f"{printable(found)}. Save the model again with Keras."
        )
    return value


def plain(value: Any, special: Callable[[dict[str, Any]], Any]) -> Any:
    """``value`` with Keras' objects replaced by what they stand for.

    Args:
        value: Parsed JSON.
        special: What an object stands for, None if it stands for itself.

    Returns:
        The same lists, numbers, texts and objects; arrays as lists, ``...`` and slices
        as Python's.
    """
    if isinstance(value, list):
        if len(value) > _MAX_ITEMS:
            raise ModelError(f"expected short lists. Received: {len(value):,} values.")
        return [plain(item, special) for item in value]
    if not isinstance(value, dict):
        return value
    if (found := special(value)) is not None:
        return found
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__ellipsis__":
        return ...
    if set(value) == {"start", "stop", "step"}:  # as tf.keras writes it
        return _slice(value)
    if kind == "__slice__" and isinstance(config, dict):
        return _slice(config)
    if kind in _ARRAYS and isinstance(config, dict):
        return plain(config.get("value"), special)
    return {key: plain(item, special) for key, item in value.items()}


def with_each(value: Any, change: Callable[[Any], Any]) -> Any:
    """``value`` with all that its lists and objects hold replaced by something else."""
    if isinstance(value, list):
        return [with_each(item, change) for item in value]
    if isinstance(value, Mapping):
        return {key: with_each(item, change) for key, item in value.items()}
    return change(value)


def _slice(value: dict[str, Any]) -> slice:
    ends = [value.get(key) for key in ("start", "stop", "step")]
    if not all(end is None or type(end) is int for end in ends):
        raise ModelError(f"expected a slice of whole numbers. Received: {ends}.")
    return slice(*ends)
