"""Which loss a network was trained with, as its file says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def loss_in(holder: Any, key: str) -> Any:
    """What a file says of the loss, None where nothing.

    Args:
        holder: Parsed JSON, untrusted.
        key: Where in it the settings of the training are.
    """
    training = holder.get(key) if isinstance(holder, dict) else None
    return training.get("loss") if isinstance(training, dict) else None


def loss_of(said: Any, outputs: Sequence[str], chosen: str) -> str:
    """The name of a loss in lower case without underscores, "" where unknown.

    Args:
        said: What the file says, untrusted: one loss, or one for each output.
        outputs: Names of the outputs, in their order.
        chosen: The one that is asked for.
    """
    if isinstance(said, list) and len(said) == len(outputs):
        said = said[list(outputs).index(chosen)]
    elif isinstance(said, dict) and chosen in said:
        said = said[chosen]
    if isinstance(said, dict):
        said = said.get("class_name")
    return said[:60].lower().replace("_", "") if isinstance(said, str) else ""
