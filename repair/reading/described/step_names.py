"""Names of steps and outputs: as in the file where that can be, and no two the same."""

from __future__ import annotations

from collections import defaultdict


class StepNames:
    """The names that are taken, or kept for others."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = defaultdict(int)
        self._reserved: dict[str, str] = {}

    def reserve(self, name: str) -> None:
        """Keeps a name for the layer of the outermost model that has it."""
        self._reserved.setdefault(_safe(name), name)

    def unique(self, name: str, *, outermost: bool) -> str:
        """The name of a step, with a number where it is another's."""
        safe = _safe(name)
        own = outermost and self._reserved.get(safe) == name
        count = self._taken[safe]
        self._taken[safe] += 1
        if count == 0 and (own or safe not in self._reserved):
            return safe
        number = max(count, 1) + 1
        while f"{safe}_{number}" in self._taken or f"{safe}_{number}" in self._reserved:
            number += 1
        self._taken[f"{safe}_{number}"] += 1
        return f"{safe}_{number}"


def different(names: list[str]) -> list[str]:
    """As tf.keras names outputs, and losses after them: head, head_1, head_2."""
    taken: dict[str, int] = {}
    for name in names:
        number, proposal = 0, name
        while proposal in taken:
            number = taken[name] = taken[name] + 1
            proposal = f"{name}_{number}"
        taken[proposal] = 0
    return list(taken)


def _safe(name: str) -> str:
    """A name that TensorFlow takes: what it does not becomes an underscore."""
    kept = "".join(
        c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name
    )
    return kept if kept[0].isalnum() else f"layer{kept}"
