"""How long a work of several stages still takes, from what each usually takes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

# Below this share of the work, the time it took says nothing of the rest.
_TOO_EARLY = 0.05


Shares = Sequence[tuple[str, float]]


class Stages:
    """Where a work is among its stages.

    Args:
        shares: The label of each stage's bar and what it usually takes of the whole, in
            order. Shares need not add up to 1, and labels may come again.
    """

    def __init__(self, shares: Shares) -> None:
        self._shares, self._begun = shares, time.monotonic()
        self._at, self._done = -1, 1.0

    def left(self, label: str, done: float) -> float | None:
        """Seconds that all stages still take together.

        Args:
            label: Of the stage that is under way.
            done: How much of it is, in [0, 1]; where that falls, another one has begun.

        Returns:
            None for a stage that is not to come, and while it is too early to tell.
        """
        labels = [each for each, _ in self._shares]
        if self._at < 0 or labels[self._at] != label or done < self._done:
            if label not in labels[self._at + 1 :]:
                return None
            self._at = labels.index(label, self._at + 1)
        self._done = done
        parts = [share for _, share in self._shares]
        share = (sum(parts[: self._at]) + done * parts[self._at]) / sum(parts)
        if share < _TOO_EARLY:
            return None
        return (time.monotonic() - self._begun) / share * (1 - share)


_current: ContextVar[Stages | None] = ContextVar("stages", default=None)


@contextmanager
def in_stages(shares: Shares) -> Iterator[None]:
    """Bars within show the time left of all stages, too."""
    token = _current.set(Stages(shares))
    try:
        yield
    finally:
        _current.reset(token)


def left_of_all(label: str, done: float) -> float | None:
    """Seconds that all stages around a bar still take; None if there are none."""
    stages = _current.get()
    return None if stages is None else stages.left(label, done)
