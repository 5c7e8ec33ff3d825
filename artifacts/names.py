"""Labels as the names of their classes, where the card of an artifact knows them."""

from __future__ import annotations

import json
from typing import Any

from artifacts.errors import DetectorError, printable

POISONED = "poisoned"


def spelled(card: dict[str, Any], *, as_json: bool = False) -> list[str]:
    """The names of labels 0..N; that of N is ``poisoned``.

    Args:
        card: What ``read_card`` returns.
        as_json: Give the number and the name, as they stand in a JSON object.

    Raises:
        DetectorError: If the card has no names, or they are no names of N classes.
    """
    names, count = card.get("class_names"), card.get("num_classes")
    if names is None:
        raise DetectorError(
            "--names: expected a detector that knows the names of its classes. Received: "
            "numbers alone. Build it from folders of images, or with --classes FILE."
        )
    plain = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not plain or len(names) != count:
        raise DetectorError(
            f"--names: expected {count} names on the card. Received: others. Build the "
            "artifact again."
        )
    shown = [printable(name) for name in (*names, POISONED)]
    if as_json:
        return [f'{i}, "name": {json.dumps(name)}' for i, name in enumerate(shown)]
    return shown
