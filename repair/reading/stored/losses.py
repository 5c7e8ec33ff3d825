"""Which loss a network was trained with, as its file says."""

from __future__ import annotations

from typing import Any


def loss_of(holder: Any, key: str) -> str:
    """The name of the loss in lower case without underscores, "" where unknown.

    Args:
        holder: Parsed JSON, untrusted.
        key: Where in it the settings of the training are.
    """
    training = holder.get(key) if isinstance(holder, dict) else None
    loss = training.get("loss") if isinstance(training, dict) else None
    if isinstance(loss, dict):
        loss = loss.get("class_name")
    return loss[:60].lower().replace("_", "") if isinstance(loss, str) else ""
