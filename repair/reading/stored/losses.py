"""Which loss a network was trained with, as its file says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_OF_ONE_LABEL = (
    "categoricalcrossentropy",
    "categoricalfocalcrossentropy",
    "sparsecategoricalcrossentropy",
)


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
    return _name(_of_output(said, outputs, chosen))


def is_of_one_label(said: Any, outputs: Sequence[str], chosen: str) -> bool:
    """Whether a network was trained by what each score has of the sum of all.

    So are scores that are called no logits, by the losses for labels that exclude each
    other. For the arguments see ``loss_of``.
    """
    own = _of_output(said, outputs, chosen)
    config = own.get("config") if isinstance(own, dict) else None
    of_logits = isinstance(config, dict) and bool(config.get("from_logits"))
    return _name(own) in _OF_ONE_LABEL and not of_logits


def _of_output(said: Any, outputs: Sequence[str], chosen: str) -> Any:
    if isinstance(said, list) and len(said) == len(outputs):
        return said[list(outputs).index(chosen)]
    return said[chosen] if isinstance(said, dict) and chosen in said else said


def _name(said: Any) -> str:
    if isinstance(said, dict):
        kind, config = said.get("class_name"), said.get("config")
        if kind == "LossFunctionWrapper" and isinstance(config, dict):
            return _name(config.get("fn"))
        # ``compile(loss=keras.losses.mean_absolute_error)`` in ``.keras``
        said = config if kind == "function" else kind
    return said[:60].lower().replace("_", "") if isinstance(said, str) else ""
