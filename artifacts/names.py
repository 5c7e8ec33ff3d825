"""Labels as the names of their classes, where the card of an artifact knows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from artifacts.errors import DetectorError, printable

POISONED = "poisoned"
# Characters of a name that are shown where it stands in a sentence.
_SHOWN = 60


def names_on(card: Mapping[str, Any]) -> list[str] | None:
    """The names of labels 0..N-1; None where the card has none, or others than these."""
    names, count = card.get("class_names"), card.get("num_classes")
    if not isinstance(names, list) or len(names) != count:
        return None
    return names if all(isinstance(name, str) for name in names) else None


def quoted(label: int, names: Sequence[str] | None) -> str:
    """A label, and the name of its class where that is known: ``5 "lamp"``."""
    if names is None or not 0 <= label < len(names):
        return str(label)
    name = names[label]
    cut = "…" if len(name) > _SHOWN else ""
    return f'{label} "{printable(name[:_SHOWN])}{cut}"'


def spelled(card: dict[str, Any], *, as_json: bool = False) -> list[str]:
    """The names of labels 0..N; that of N is ``poisoned``, or if a class is, in brackets.

    Args:
        card: What ``read_card`` returns.
        as_json: Give the number and the true name, as they stand in a JSON object; else
            names are printable.

    Raises:
        DetectorError: If the card has no names, or they are no names of N classes.
    """
    if card.get("class_names") is None:
        raise DetectorError(
            "--names: expected a detector that knows the names of its classes. Received: "
            "numbers alone. Build it from folders of images, or with --classes FILE."
        )
    names = names_on(card)
    if names is None:
        raise DetectorError(
            f"--names: expected {card.get('num_classes')} names on the card. "
            "Received: others. Build the artifact again."
        )
    shown = names.copy() if as_json else [printable(name) for name in names]
    poisoned = POISONED
    while poisoned in shown:
        poisoned = f"({poisoned})"
    shown.append(poisoned)
    if as_json:
        return [f'{i}, "name": {json.dumps(name)}' for i, name in enumerate(shown)]
    return shown
