"""Holds JSON values against the schemas in ``docs/schemas``: the keywords that these use."""

from __future__ import annotations

import json
from typing import Any

from toys import ROOT

_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_TOLD = {"$schema", "title"}


def hold(value: Any, name: str) -> None:
    """Fails where a value is not as ``docs/schemas/NAME.json`` says."""
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text("utf-8"))
    _hold(value, {key: schema[key] for key in set(schema) - _TOLD}, name)


def _hold(value: Any, schema: dict[str, Any], where: str) -> None:
    rest = dict(schema)
    if choices := rest.pop("anyOf", None):
        errors = []
        for choice in choices:
            try:
                return _hold(value, choice, where)
            except AssertionError as reason:
                errors.append(str(reason))
        raise AssertionError(f"{where}: none of {errors}")
    if (allowed := rest.pop("enum", None)) is not None:
        assert value in allowed, f"{where}: {value!r} is none of {allowed}"
    if kind := rest.pop("type", None):
        fits = isinstance(value, _TYPES[kind])
        assert fits and (kind == "boolean" or not isinstance(value, bool)), (
            f"{where}: expected {kind}. Received: {value!r}"
        )
    low, high = rest.pop("minimum", None), rest.pop("maximum", None)
    assert low is None or low <= value <= high, f"{where}: {value!r}"
    items = rest.pop("items", None)
    for index, item in enumerate(value if items else ()):
        _hold(item, items, f"{where}[{index}]")
    known = rest.pop("properties", {})
    for key in rest.pop("required", ()):
        assert key in value, f"{where}: {key} is missing"
    if rest.pop("additionalProperties", True) is False:
        assert set(value) <= set(known), f"{where}: {set(value) - set(known)}"
    for key in set(known) & set(value if known else ()):
        _hold(value[key], known[key], f"{where}.{key}")
    assert not rest, f"{where}: keywords that are not held: {set(rest)}"
    return None
