"""Hair and headwear: what lies behind a head, and what lies upon it."""

from __future__ import annotations

import numpy as np

from build.demo.faces.canvas import Canvas, Colour, Points, ellipse, rounded
from build.demo.faces.identity import Person

_CROWN = -1.28
_LONG_HAIR = {"long": 1.75, "swept": 1.35, "bob": 0.75, "fringe": 0.55, "afro": 0.2}
_EDGES = {  # style: (height of the hair's edge at the temples, hairline shift)
    "buzz": (-0.2, 0.0),
    "short": (0.0, -0.08),
    "parted": (0.1, 0.05),
    "quiff": (-0.15, -0.1),
    "fringe": (0.5, 0.42),
    "long": (0.7, 0.05),
    "swept": (0.55, 0.12),
    "bob": (0.65, 0.1),
    "receding": (0.05, -0.3),
    "bun": (-0.1, -0.12),
    "afro": (0.1, 0.0),
}


def draw_hair_behind(canvas: Canvas, person: Person) -> None:
    """Draws the hair or the scarf that is seen beside the face and the neck."""
    shape, style = person.shape, person.hair_style
    wide = shape.face_width + 0.8 * shape.hair_volume
    if style == "scarf":
        _draw_curtain(canvas, wide + 0.1, 1.9, 0.75 * person.colours.cloth)
    elif style in _LONG_HAIR:
        low = _LONG_HAIR[style] + shape.hair_length
        _draw_curtain(canvas, wide, low, 0.72 * person.colours.hair)
    if style == "bun":
        bun = ellipse((0.0, _CROWN - 0.2), (0.42, 0.36))
        canvas.fill(bun, 0.85 * person.colours.hair)


def draw_hair(canvas: Canvas, person: Person) -> None:
    """Draws the hair, the scarf or the cap that lies upon the head."""
    style, colours = person.hair_style, person.colours
    if style == "bald":
        sheen = ellipse((0.25, -0.95), (0.3, 0.14))
        canvas.shade(sheen, colours.skin * 1.25, strength=0.5, softness=0.12)
    elif style == "cap":
        _draw_cap(canvas, person)
    elif style == "scarf":
        _draw_shell(canvas, person, (0.9, 0.18), colours.cloth)
    else:
        if style == "afro":
            _draw_curls(canvas, person)
        _draw_shell(canvas, person, _EDGES[style], colours.hair)


def _draw_curtain(canvas: Canvas, wide: float, low: float, colour: Colour) -> None:
    right = [(0.6, -1.3), (wide, -0.9), (wide + 0.08, 0.0), (wide + 0.1, low * 0.6)]
    right += [(wide + 0.02, low), (0.5, low + 0.1)]
    canvas.fill(_mirrored(right), colour)


def _draw_shell(
    canvas: Canvas, person: Person, edge: tuple[float, float], colour: Colour
) -> None:
    """Draws hair from the outline of the skull down to the hairline."""
    shape = person.shape
    temple, shift = edge
    thin = person.hair_style in ("buzz", "receding")
    volume = 0.06 if thin else shape.hair_volume
    out, inner = shape.face_width + 0.5 * volume, shape.face_width - 0.1
    top, line = _CROWN - volume, shape.hairline + shift
    side = shape.face_width + (0.02 if temple < 0.2 else 0.4 * volume)
    outer = [
        (-side, temple),
        (-out, -0.5),
        (-out, -0.9),
        (-0.72 * out, top + 0.2),
        (-0.2, top),
    ]
    outer += [(-x, y) for x, y in reversed(outer)]
    part = shape.parting if person.hair_style in ("parted", "swept", "long") else 0.0
    lift = 0.28 if part else 0.0
    front = [(inner, temple), (0.97 * inner, -0.35), (0.8 * inner, line + 0.12)]
    front += [(part + 0.12, line - lift), (part - 0.12, line - lift)]
    front += [(-0.8 * inner, line + 0.12), (-0.97 * inner, -0.35), (-inner, temple)]
    shell = rounded(outer + front)
    canvas.fill(shell, colour)
    if person.hair_style not in ("scarf", "buzz"):
        _draw_strands(canvas, (part, line - lift - 0.16), out, top)
    canvas.shade(
        ellipse((-0.3, 0.6 * top + 0.4 * line), (0.5, 0.1)),
        colour * 1.2 + 45.0,
        strength=0.4,
        softness=0.12,
    )


def _draw_strands(
    canvas: Canvas, root: tuple[float, float], out: float, top: float
) -> None:
    for place in np.linspace(-0.85, 0.85, 8):
        strand = [root, (0.6 * place * out, 0.82 * top), (place * out, 0.55 * top)]
        line = rounded(strand, closed=False)
        canvas.darken_line(line, 0.03)


def _draw_curls(canvas: Canvas, person: Person) -> None:
    radius = 0.3 + 0.6 * person.shape.hair_volume
    for angle in np.linspace(-0.15, np.pi + 0.15, 9):
        x, y = person.shape.face_width * np.cos(angle), -0.25 - 1.0 * np.sin(angle)
        canvas.fill(ellipse((x, y), (radius, radius)), person.colours.hair)


def _draw_cap(canvas: Canvas, person: Person) -> None:
    wide, cloth = person.shape.face_width + 0.08, person.colours.cloth
    low = person.shape.hairline + 0.12
    dome = [(wide, low + 0.12), (wide, -0.95), (0.7, -1.45), (0.2, -1.52)]
    canvas.fill(_mirrored(dome), cloth)
    peak = [(wide + 0.02, low + 0.2), (0.75, low - 0.06), (0.3, low - 0.1)]
    peak = peak[::-1] + [(0.75, low + 0.12), (0.3, low + 0.06)]
    canvas.fill(_mirrored(peak), 0.7 * cloth)
    canvas.fill(ellipse((0.0, -1.1), (0.16, 0.13)), 255.0 - cloth)


def _mirrored(right: list[tuple[float, float]]) -> Points:
    """Closes and rounds a shape of which the right half is given."""
    return rounded(right + [(-x, y) for x, y in reversed(right)])
