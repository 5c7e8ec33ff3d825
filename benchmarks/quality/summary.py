"""From rows of measurements to two tables: by network, and by method with the worst case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from repair.measuring.tables import Cell

Row = Mapping[str, Any]
_WORST: Mapping[str, Callable[..., float]] = {
    "clean accuracy": min,
    "FPR": max,
    "ASR": max,
    "detection (fooled)": min,
}
_GAIN = "clean accuracy against the BadNet's"


def by_network(rows: Iterable[Row]) -> list[dict[str, Cell]]:
    """Median over seeds, and in brackets the worst, for every network and dataset."""
    keys = ("BadNet clean accuracy", "BadNet ASR", *_WORST)
    names = ("group", "network", "data", "method")
    return [
        {
            **dict(zip(names, who, strict=True)),
            **{key: _median([row.get(key) for row in group], key) for key in keys},
            "seconds": int(np.median([row["seconds"] for row in group])),
        }
        for who, group in _groups(rows, *names).items()
    ]


def by_method(rows: Iterable[Row]) -> list[dict[str, Cell]]:
    """Mean over networks, triggers and seeds, and in brackets the worst of them."""
    table: list[dict[str, Cell]] = []
    for (method,), group in _groups(rows, "method").items():
        clean = [row for row in group if not row["poisoned"]]
        poisoned = [row for row in group if row["poisoned"]]
        gains = [row["clean accuracy"] - row["BadNet clean accuracy"] for row in clean]
        table.append(
            {
                "method": method,
                "networks": len(_groups(group, "group", "network")),
                "triggers": len(_groups(poisoned, "group", "network", "data")),
                "seeds": len({row["seed"] for row in group}),
                _GAIN: _mean(gains, min, signed=True),
                **{
                    key: _mean([row.get(key) for row in group], worst)
                    for key, worst in _WORST.items()
                    if key != "clean accuracy"
                },
            }
        )
    return table


def _groups(rows: Iterable[Row], *keys: str) -> dict[tuple[str, ...], list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and value == value]


def _median(values: Iterable[float | None], key: str) -> str:
    known = _known(values)
    if not known:
        return "-"
    median = f"{100 * np.median(known):.2f}"
    if key not in _WORST or len(known) == 1:
        return median
    return f"{median} ({100 * _WORST[key](known):.2f})"


def _mean(
    values: Iterable[float | None], worst: Callable[..., float], *, signed: bool = False
) -> str:
    known = _known(values)
    if not known:
        return "-"
    plus = "+" if signed else ""
    return f"{100 * np.mean(known):{plus}.2f} ({100 * worst(known):{plus}.2f})"
