"""What stands for the number of images, which nobody knows while a network is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Images:
    """How many images there are, which nobody knows yet."""

    def __repr__(self) -> str:
        return "the number of images"


IMAGES = Images()


@dataclass(frozen=True)
class Places:
    """The places of all images together: so many of each."""

    each: int


@dataclass(frozen=True)
class Matrix:
    """What the file has as (n x places, columns).

    Attributes:
        tensor: Here it is (n, places, columns).
    """

    tensor: Any
