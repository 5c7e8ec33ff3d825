"""Layers that are marked for a later training, by something that answers as they do."""

from __future__ import annotations

from typing import Any

_MARK = "QuantizeAnnotate"
# What a layer in a mark leaves to it.
_OF_BOTH = ("name", "batch_input_shape", "batch_shape")


def without_mark(entry: dict[str, Any]) -> dict[str, Any]:
    """A layer's entry without a ``QuantizeAnnotate`` around it; others as they are.

    Args:
        entry: Parsed JSON, untrusted.
    """
    config = entry.get("config")
    if entry.get("class_name") != _MARK or not isinstance(config, dict):
        return entry
    layer = config.get("layer")
    settings = layer.get("config") if isinstance(layer, dict) else None
    if not isinstance(layer, dict) or not isinstance(settings, dict):
        return entry
    of_both = {key: config[key] for key in _OF_BOTH if key in config}
    around = {key: entry[key] for key in ("name", "inbound_nodes") if key in entry}
    return layer | around | {"config": settings | of_both}
