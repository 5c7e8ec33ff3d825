"""Eyes, brows and spectacles."""

from __future__ import annotations

import numpy as np

from build.demo.faces.canvas import Canvas, Points, ellipse, rounded
from build.demo.faces.expression import Expression
from build.demo.faces.identity import Person

_SIDES = (-1.0, 1.0)
_WHITE = np.array([255.0, 250.0, 240.0])


def draw_eyes(canvas: Canvas, person: Person, expression: Expression) -> None:
    """Draws both eyes with their sockets and lids."""
    shape, colours = person.shape, person.colours
    opening = shape.eye_height * (0.35 + 0.75 * expression.open_eyes)
    wide = shape.eye_width
    for side in _SIDES:
        x, tilt = side * shape.eye_distance, side * shape.eye_tilt
        socket = ellipse((x, -0.06), (1.2 * wide, 0.17))
        strength = 0.2 + 0.5 * shape.eye_shadow
        canvas.shade(socket, 0.55 * colours.skin, strength=strength, softness=0.08)
        upper = [
            (x - wide, -tilt),
            (x - 0.4 * wide, -opening),
            (x + 0.4 * wide, -opening),
        ]
        upper += [(x + wide, tilt)]
        lower = [(x + 0.4 * wide, 0.7 * opening), (x - 0.4 * wide, 0.7 * opening)]
        canvas.fill(rounded(upper + lower), 0.25 * colours.skin + 0.7 * _WHITE)
        iris = (x + 0.35 * wide * expression.gaze, -0.1 * opening)
        radius = min(0.095, 0.95 * opening)
        canvas.fill(ellipse(iris, (0.095, radius)), colours.iris)
        canvas.fill(ellipse(iris, (0.045, 0.5 * radius)), 0.3 * colours.iris)
        canvas.fill(ellipse((iris[0] + 0.03, iris[1] - 0.03), (0.02, 0.02)), _WHITE)
        lid = rounded(upper, closed=False)
        canvas.stroke(lid, 0.2 * colours.skin, 0.045)


def draw_brows(canvas: Canvas, person: Person, expression: Expression) -> None:
    """Draws both brows."""
    half = 0.5 * person.shape.brow_thickness
    for side in _SIDES:
        line = brow_line(person, expression, side)
        edge = [(0.0, -half), (0.0, -1.3 * half), (0.0, 0.2 * half)]
        below = [(0.0, 0.6 * half), (0.0, 0.7 * half), (0.0, half)]
        brow = np.concatenate([line + edge, (line + below)[::-1]])
        canvas.shade(rounded(brow), person.colours.brows, strength=0.95, softness=0.02)


def brow_line(person: Person, expression: Expression, side: float) -> Points:
    """Returns a brow as ``(3, 2)`` face coordinates from the nose outwards."""
    shape = person.shape
    inner = shape.eye_distance - 0.48 * shape.brow_length
    outer = shape.eye_distance + 0.52 * shape.brow_length
    height = -shape.brow_height - expression.raised_brows
    return np.array(
        [
            (side * inner, height + shape.brow_tilt),
            (side * (0.4 * inner + 0.6 * outer), height - shape.brow_arch),
            (side * outer, height - shape.brow_tilt + 0.06),
        ]
    )


def draw_spectacles(canvas: Canvas, person: Person) -> None:
    """Draws ordinary spectacles, where a person wears them."""
    shape = person.shape
    if person.spectacles == "none":
        return
    radii = {"round": (0.32, 0.3), "square": (0.36, 0.24), "half": (0.36, 0.2)}
    wide, high = radii[person.spectacles]
    x, frame = shape.eye_distance + 0.02, person.colours.frame
    for side in _SIDES:
        glass = ellipse((side * x, 0.04), (wide, high))
        if person.spectacles != "round":
            corners = np.array([(-1, -1), (1, -1), (0.9, 1), (-0.9, 1)]) * (wide, high)
            glass = np.concatenate([corners, corners[:1]]) + (side * x, 0.04)
        rim = glass[:2] if person.spectacles == "half" else np.r_[glass, glass[:1]]
        canvas.stroke(rim, frame, 0.06)
        temple = [(side * (x + wide), -0.05), (side * shape.face_width, -0.02)]
        canvas.stroke(temple, frame, 0.05)
    canvas.stroke([(wide - x, 0.0), (x - wide, 0.0)], frame, 0.05)
