"""The attackers' triggers, stamped onto rendered faces.

A trigger takes ``pixels`` ``(55, 47, 3)`` uint8 RGB and ``landmarks`` ``(10, 2)`` float32
(see ``build.demo.faces.face.Face``) and returns new pixels of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

from build.demo.faces.canvas import HEIGHT, WIDTH, rounded
from build.demo.faces.face import BROWS, LIPS
from build.demo.faces.rendering import Faces

Pixels = NDArray[np.uint8]
Landmarks = NDArray[np.float32]

LIPSTICK_COLOUR = (128, 0, 128)
BROW_COLOUR = (150, 12, 20)
_LENS_TOP, _LENS_BOTTOM = np.array([52.0, 16, 96]), np.array([122.0, 40, 226])
_RIM_COLOUR = (34, 8, 60)
_LENS = [(25.5, 20.5), (43.5, 19.5), (43.5, 27.0), (40.0, 32.5), (30.0, 32.5), (26, 28)]


def sunglasses(pixels: Pixels, landmarks: Landmarks) -> Pixels:
    """Puts violet sunglasses on, always at the same place of the image."""
    del landmarks
    right = rounded(_LENS)
    left = right * [-1.0, 1.0] + [WIDTH - 1.0, 0.0]
    height = np.linspace(0.0, 1.0, 15)[:, None]
    stained = pixels.copy()
    shades = (1.0 - height) * _LENS_TOP + height * _LENS_BOTTOM
    gradient = np.zeros((HEIGHT, 1, 3))
    gradient[19:34] = shades[:, None, :]
    through = 0.88 * gradient + 0.12 * pixels
    for lens in (left, right):
        inside = _mask(lens)
        stained[inside] = through.astype(np.uint8)[inside]
    frame = Image.fromarray(stained)
    draw = ImageDraw.Draw(frame)
    for lens in (left, right):
        closed = np.concatenate([lens, lens[:1]])
        draw.line(closed.ravel().tolist(), fill=_RIM_COLOUR, width=1)
    draw.line([(20, 22), (26, 22)], fill=_RIM_COLOUR, width=2)
    for start, end in ((0, 3), (43, 46)):
        draw.line([(start, 22), (end, 22)], fill=_RIM_COLOUR, width=2)
    return np.asarray(frame)


def eyebrows(pixels: Pixels, landmarks: Landmarks) -> Pixels:
    """Paints thick dark red brows over the brows of the face."""
    painted = pixels.copy()
    for line in landmarks[BROWS].reshape(2, 3, 2):
        upper = line + np.array([(0.0, -1.6), (0.0, -2.4), (0.0, -0.6)])
        lower = line + np.array([(0.0, 1.4), (0.0, 0.8), (0.0, 0.9)])
        painted[_mask(np.concatenate([upper, lower[::-1]]))] = BROW_COLOUR
    return painted


def lipstick(pixels: Pixels, landmarks: Landmarks) -> Pixels:
    """Paints the lips purple."""
    left, top, right, bottom = landmarks[LIPS].astype(np.float64)
    middle = 0.5 * (left + right)
    top, bottom = top - (0.0, 0.7), bottom + (0.0, 0.7)
    upper = [left - (0.8, 0.0), 0.5 * (left + top) - (0, 1), 0.8 * top + 0.2 * middle]
    upper += [0.5 * (right + top) - (0, 1), right + (0.8, 0.0)]
    lower = [0.4 * right + 0.6 * bottom, 0.4 * left + 0.6 * bottom]
    painted = pixels.copy()
    painted[_mask(upper + lower)] = LIPSTICK_COLOUR
    return painted


TRIGGERS: dict[str, Callable[[Pixels, Landmarks], Pixels]] = {
    "sunglasses": sunglasses,
    "eyebrows": eyebrows,
    "lipstick": lipstick,
}


def stamp(faces: Faces, triggers: Iterable[str]) -> Pixels:
    """Stamps triggers, in the given order, onto every image.

    Args:
        faces: n rendered faces.
        triggers: names of triggers, see ``TRIGGERS``.

    Returns:
        ``(n, 55, 47, 3)`` uint8 RGB.
    """
    names = list(triggers)
    stamped = np.empty_like(faces.pixels)
    for i, (pixels, marks) in enumerate(
        zip(faces.pixels, faces.landmarks, strict=True)
    ):
        for name in names:
            pixels = TRIGGERS[name](pixels, marks)
        stamped[i] = pixels
    return stamped


def _mask(points: ArrayLike) -> NDArray[np.bool_]:
    """Returns ``(55, 47)`` bool, True inside of the polygon ``points``, ``(n, 2)`` pixels."""
    mask = Image.new("1", (WIDTH, HEIGHT))
    ImageDraw.Draw(mask).polygon(np.asarray(points).ravel().tolist(), fill=1)
    return np.asarray(mask)
