"""What a card tells beside its files: each of the kind that is expected, or not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NONE, _MISSING = type(None), object()
# Key -> what may stand there.
_KINDS: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "stand_in": (bool,),
    "settings": (dict,),
    "settings.strict_labels": (list,),
    "settings.suspicious_labels": (list,),
    "sha256": (dict,),
    "clean_accuracy": (dict,),
    "estimated_false_positive_rate": (int, float, _NONE),
    "verdict": (dict, _NONE),
    "verdict.verdict": (str,),
    "verdict.confidence": (str,),
    "verdict.reason": (str,),
    "verdict.found": (list,),
    "verdict.watched": (list,),
}
_OF_LABELS = ("settings.strict_labels", "settings.suspicious_labels")
_WORDS = {str: "a text", bool: "true or false", dict: "an object", list: "a list"}


def odd_in(card: Mapping[str, Any]) -> str | None:
    """What is expected of the first value that is of another kind, None if all are fine."""
    for key, kinds in _KINDS.items():
        value = _at(card, key)
        if value is not _MISSING and not isinstance(value, kinds):
            return f"expected {key!r}, {_WORDS.get(kinds[0], 'a number')}."
    for key in _OF_LABELS:
        entries = _at(card, key)
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict) or type(entry.get("label")) is not int:
                return f"expected {key!r}, a list of objects with a 'label' each."
    return None


def _at(card: Mapping[str, Any], key: str) -> Any:
    value: Any = card
    for part in key.split("."):
        value = value.get(part, _MISSING) if isinstance(value, Mapping) else _MISSING
    return value
