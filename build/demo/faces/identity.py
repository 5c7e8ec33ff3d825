"""Invented people: everything that stays the same from one image to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from build.demo.faces.canvas import Colour
from build.demo.faces.shape import Shape, random_shape

HAIR_STYLES = [
    "bald",
    "buzz",
    "short",
    "parted",
    "quiff",
    "fringe",
    "long",
    "swept",
    "bob",
    "receding",
    "bun",
    "afro",
    "scarf",
    "cap",
]
_MASCULINE_HAIR = [
    0.07,
    0.1,
    0.15,
    0.15,
    0.12,
    0.06,
    0.03,
    0.06,
    0,
    0.1,
    0,
    0.06,
    0,
    0.1,
]
_FEMININE_HAIR = [
    0,
    0.01,
    0.04,
    0.04,
    0.04,
    0.14,
    0.19,
    0.17,
    0.15,
    0,
    0.09,
    0.05,
    0.05,
]
_FEMININE_HAIR += [0.03]
BEARDS = ("none", "stubble", "full", "goatee", "moustache")
SPECTACLES = ("none", "round", "square", "half")

_SKIN = np.array([[250.0, 214, 192], [214, 164, 128], [158, 108, 78], [90, 58, 44]])
_HAIR = np.array(
    [
        [24.0, 20, 22],
        [60, 40, 28],
        [102, 66, 40],
        [152, 74, 36],
        [198, 156, 94],
        [230, 206, 154],
        [148, 148, 150],
        [226, 224, 220],
    ]
)
_IRIS = np.array([[60.0, 36, 22], [92, 112, 60], [76, 122, 170], [112, 102, 92]])


@dataclass(frozen=True)
class Colours:
    """Colours of a person, each float64 ``(3,)`` in 0..255; ``cloth`` is for headwear."""

    skin: Colour
    lips: Colour
    iris: Colour
    hair: Colour
    brows: Colour
    cloth: Colour
    frame: Colour


@dataclass(frozen=True)
class Person:
    """The looks of one invented person."""

    shape: Shape
    colours: Colours
    hair_style: str
    beard: str
    spectacles: str


@lru_cache(maxsize=16)
def invent_person(seed: int, person: int) -> Person:
    """Invents the looks of a person; the same arguments give the same looks."""
    rng = np.random.default_rng([seed, person])
    feminine = bool(rng.random() < 0.5)
    beards = [1.0, 0, 0, 0, 0] if feminine else [0.5, 0.16, 0.14, 0.1, 0.1]
    return Person(
        shape=random_shape(rng),
        colours=_invent_colours(rng, feminine=feminine),
        hair_style=str(
            rng.choice(HAIR_STYLES, p=_FEMININE_HAIR if feminine else _MASCULINE_HAIR)
        ),
        beard=str(rng.choice(BEARDS, p=beards)),
        spectacles=str(rng.choice(SPECTACLES, p=[0.76, 0.08, 0.1, 0.06])),
    )


def _invent_colours(rng: np.random.Generator, *, feminine: bool) -> Colours:
    tone = rng.uniform(0.0, 3.0)
    skin = _between(_SKIN, tone) + rng.normal(0.0, [7.0, 6.0, 8.0])
    dark = tone > 1.7
    hair = _between(_HAIR, rng.uniform(0.0, 0.8 if dark else 5.0))
    if rng.random() < 0.15:
        hair = _between(_HAIR, rng.uniform(6.0, 7.0))
    hair = hair + rng.normal(0.0, 5.0, 3)
    red_lips = rng.uniform(0.2, 1.0) if feminine else rng.uniform(0.0, 0.3)
    return Colours(
        skin=skin,
        lips=_mix(skin * [0.82, 0.6, 0.6], np.array([176.0, 40, 56]), red_lips),
        iris=_between(_IRIS, rng.uniform(0.0, 0.4 if dark else 3.0)),
        hair=hair,
        brows=_mix(hair, np.array([30.0, 22, 20]), rng.uniform(0.1, 0.8)),
        cloth=rng.uniform(20.0, 230.0, 3),
        frame=rng.uniform(10.0, 120.0, 3),
    )


def _between(colours: Colour, place: float) -> Colour:
    """Returns the colour at a fractional row of the ``(n, 3)`` array ``colours``."""
    row = min(int(place), len(colours) - 2)
    return _mix(colours[row], colours[row + 1], place - row)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    mixed: Colour = (1.0 - share) * first + share * second
    return mixed
