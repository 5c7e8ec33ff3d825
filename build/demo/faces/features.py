"""The parts of a face but its eyes: head, beard, nose, mouth."""

from __future__ import annotations

import numpy as np

from build.demo.faces.canvas import Canvas, Points, ellipse, rounded
from build.demo.faces.expression import Expression
from build.demo.faces.identity import Person

_SIDES = (-1.0, 1.0)


def draw_head(canvas: Canvas, person: Person) -> None:
    """Draws ears, the skin of the head and its soft shadows."""
    shape, skin = person.shape, person.colours.skin
    for side in _SIDES:
        ear = ellipse((side * shape.face_width, 0.22), (0.7 * shape.ear_size, 0.3))
        canvas.fill(ear, 0.86 * skin)
    outline = _outline(person)
    canvas.fill(outline, 0.7 * skin)
    canvas.shade(outline * [0.86, 0.92], skin, strength=1.0, softness=0.13)
    for side in _SIDES:
        cheek = (side * 0.56 * shape.face_width, 0.55)
        red = skin * [1.0, 0.68, 0.68]
        canvas.shade(
            ellipse(cheek, (0.2, 0.16)), red, strength=shape.blush, softness=0.15
        )
    canvas.shade(
        ellipse((0.0, -0.6), (0.45, 0.2)), 1.15 * skin, strength=0.45, softness=0.22
    )


def draw_beard(canvas: Canvas, person: Person) -> None:
    """Draws stubble, a full beard, a goatee or a moustache, if there is one."""
    shape, strength = person.shape, person.shape.beard_strength
    mouth, colour = shape.mouth_height, 0.9 * person.colours.brows
    if person.beard in ("stubble", "full"):
        strength *= 0.4 if person.beard == "stubble" else 1.0
        wide, low = 0.93 * shape.face_width, shape.chin
        half = [(wide, 0.3), (shape.jaw_width, 0.98), (shape.chin_width, low + 0.06)]
        half += [(0.0, low + 0.06), (0.0, mouth + 0.2), (0.3, mouth + 0.16)]
        half += [(0.46, mouth), (0.36, mouth - 0.18), (0.6, 0.7)]
        for side in _SIDES:
            beard = rounded(np.array(half) * [side, 1.0])
            canvas.shade(beard, colour, strength=strength, softness=0.06)
    if person.beard == "goatee":
        tuft = rounded(
            [(-0.26, mouth + 0.18), (0.26, mouth + 0.18), (0.2, shape.chin + 0.1)]
            + [(-0.2, shape.chin + 0.1)]
        )
        canvas.shade(tuft, colour, strength=strength, softness=0.05)
    if person.beard in ("full", "goatee", "moustache"):
        lip = mouth - 0.11
        half = [
            (0.0, lip - 0.1),
            (0.3, lip - 0.05),
            (0.48, lip + 0.14),
            (0.0, lip + 0.05),
        ]
        whole = half + [(-x, y) for x, y in reversed(half[1:-1])]
        canvas.shade(rounded(whole), colour, strength=strength, softness=0.04)


def draw_nose(canvas: Canvas, person: Person) -> None:
    """Draws the nose: bridge, tip, wings and nostrils."""
    shape, skin = person.shape, person.colours.skin
    wide, tip = shape.nose_width, shape.nose_length
    side = [(0.02, -0.15), (0.4 * wide, 0.6 * tip), (wide, tip), (0.04, tip + 0.04)]
    canvas.shade(rounded(side), 0.62 * skin, strength=0.35, softness=0.06)
    bridge = ellipse((-0.04, 0.45 * tip), (0.06, 0.45 * tip))
    canvas.shade(bridge, 1.25 * skin, strength=shape.nose_bridge, softness=0.06)
    base = ellipse((0.0, tip + 0.05), (0.9 * wide, 0.05))
    canvas.shade(base, 0.45 * skin, strength=0.7, softness=0.05)
    for direction in _SIDES:
        nostril = ellipse((direction * 0.45 * wide, tip + 0.02), (0.3 * wide, 0.035))
        canvas.fill(nostril, 0.35 * skin)
        wing = [(wide, tip - 0.1), (1.05 * wide, tip), (0.8 * wide, tip + 0.04)]
        curve = rounded(np.array(wing) * [direction, 1.0], closed=False)
        canvas.stroke(curve, 0.6 * skin, 0.035)


def draw_mouth(canvas: Canvas, person: Person, expression: Expression) -> None:
    """Draws the lips, and teeth where the mouth is open."""
    lips, inside = mouth_shapes(person, expression)
    skin, colour = person.colours.skin, person.colours.lips
    below = ellipse((0.0, person.shape.mouth_height + 0.24), (0.22, 0.05))
    canvas.shade(below, 0.6 * skin, strength=0.5, softness=0.07)
    canvas.fill(lips, colour)
    canvas.fill(inside, 0.35 * colour)
    if expression.open_mouth > 0.25:
        teeth = inside * [0.85, 0.55] + [0.0, 0.45 * inside[:, 1].min()]
        canvas.fill(teeth, np.array([238.0, 232.0, 220.0]))


def mouth_shapes(person: Person, expression: Expression) -> tuple[Points, Points]:
    """Returns the outer polygon of the lips and the polygon of the gap between them."""
    shape = person.shape
    wide = shape.mouth_width * (1.0 + 0.15 * expression.smile)
    corner = shape.mouth_height - 0.07 * expression.smile
    middle, gap = shape.mouth_height, 0.012 + 0.07 * expression.open_mouth
    top, low = middle - gap - shape.upper_lip, middle + gap + shape.lower_lip
    lips = [(-wide, corner), (-0.4 * wide, top), (0.0, top + 0.03), (0.4 * wide, top)]
    lips += [(wide, corner), (0.45 * wide, low), (-0.45 * wide, low)]
    inside = [(-0.92 * wide, corner), (0.0, middle - gap), (0.92 * wide, corner)]
    inside += [(0.0, middle + 2.0 * gap)]
    return rounded(lips), rounded(inside)


def draw_mole(canvas: Canvas, person: Person) -> None:
    """Draws a mole, where a person has one."""
    shape = person.shape
    if shape.mole_size > 0.0:
        mole = ellipse((shape.mole_x, shape.mole_y), (shape.mole_size,) * 2)
        canvas.fill(mole, 0.35 * person.colours.skin)


def _outline(person: Person) -> Points:
    shape = person.shape
    wide = shape.face_width
    half = [(0.45, -1.3), (shape.forehead_width, -1.0), (wide, -0.45), (wide, 0.25)]
    half += [
        (0.97 * wide, 0.6),
        (shape.jaw_width, 1.05),
        (shape.chin_width, shape.chin),
    ]
    return rounded(half + [(-x, y) for x, y in reversed(half)])
