"""Some of many things, spread evenly over all, without keeping all."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Spread(Generic[T]):
    """Takes things one by one and keeps every k-th, k doubling as they become many."""

    def __init__(self, most: int) -> None:
        """Nothing yet.

        Args:
            most: How many are wanted, at least 1; fewer than twice as many are kept.
        """
        self._most, self._step, self._seen = most, 1, 0
        self._kept: list[T] = []

    def add(self, one: T) -> None:
        """Takes the next."""
        if self._seen % self._step == 0:
            self._kept.append(one)
        self._seen += 1
        if len(self._kept) >= 2 * self._most:
            self._kept = self._kept[::2]
            self._step *= 2

    def items(self) -> list[T]:
        """Those that are wanted, in order: all, or some from the first to near the last."""
        count = len(self._kept)
        if count <= self._most:
            return list(self._kept)
        last = max(self._most - 1, 1)
        return [self._kept[i * (count - 1) // last] for i in range(self._most)]
