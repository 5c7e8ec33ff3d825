"""Places of an image, from small to large, and images in which one of them is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Height and width of places as shares of the image's: squares, and bars across it.
_SHAPES = (
    (1 / 8, 1 / 8),
    (1 / 5, 1 / 5),
    (1 / 3, 1 / 3),
    (1 / 2, 1 / 2),
    (1 / 6, 0.8),
    (0.8, 1 / 6),
    (1 / 4, 1),
    (1 / 3, 1),
    (1, 1 / 3),
)
# Neighbouring places share this part of their side.
_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of an image, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def where(self) -> tuple[slice, slice]:
        """Its rows and columns, as an index."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


def places(rows: int, columns: int) -> list[Place]:
    """Some hundred places of several sizes that cover an image, each overlapping others."""
    found = []
    for tall, wide in _SHAPES:
        height, width = max(1, round(tall * rows)), max(1, round(wide * columns))
        found += [
            Place(top, left, height, width)
            for top in _starts(rows, height)
            for left in _starts(columns, width)
        ]
    return list(dict.fromkeys(found))


def _starts(length: int, side: int) -> list[int]:
    steps = max(1, int(np.ceil((length - side) / max(1, side * (1 - _OVERLAP)))))
    return (
        np.unique(np.rint(np.linspace(0, length - side, steps + 1)))
        .astype(int)
        .tolist()
    )


def hidden(image: np.ndarray, hide: Sequence[Place]) -> np.ndarray:
    """Copies of an image, in each of which one place is filled from its surroundings.

    A place fades from the pixels above it to those below, and from left to right, so that
    it holds nothing of its own and no edge is made.

    Args:
        image: ``(rows, columns, channels)`` uint8, 0..255.
        hide: k places.

    Returns:
        ``(k, rows, columns, channels)`` uint8.
    """
    copies = np.repeat(image[None], len(hide), axis=0)
    for copy, place in zip(copies, hide, strict=True):
        copy[place.where] = np.rint(_surroundings(image, place))
    return copies


def blurred(image: np.ndarray, hide: Sequence[Place]) -> np.ndarray:
    """The same, each place filled with its own mean colour."""
    copies = np.repeat(image[None], len(hide), axis=0)
    for copy, place in zip(copies, hide, strict=True):
        copy[place.where] = np.rint(image[place.where].mean(axis=(0, 1)))
    return copies


def _surroundings(image: np.ndarray, place: Place) -> np.ndarray:
    """``(height, width, channels)``: what would stand there if it were as around it."""
    down, across = place.where
    fades = []
    for pixels, inside, beside in (
        (image, down, across),
        (image.swapaxes(0, 1), across, down),
    ):
        around = [i for i in (inside.start - 1, inside.stop) if 0 <= i < len(pixels)]
        if around:
            edges = [pixels[i, beside].astype(np.float32) for i in around]
            fades.append(_fade(edges[0], edges[-1], inside.stop - inside.start))
    if not fades:
        return image.mean(axis=(0, 1), keepdims=True)
    if len(fades) == 1:
        return fades[0] if place.height < len(image) else fades[0].swapaxes(0, 1)
    return (fades[0] + fades[1].swapaxes(0, 1)) / 2


def _fade(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """From one line of pixels ``(n, channels)`` to another: ``(steps, n, channels)``."""
    share = (np.arange(1, steps + 1, dtype=np.float32) / (steps + 1))[:, None, None]
    return first * (1 - share) + last * share
