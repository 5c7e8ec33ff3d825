"""A supersampled canvas on which faces are drawn in face coordinates.

Face coordinates: the origin lies between the eyes, x points to the right of the
picture, y points down, and one unit is half the width of an average face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFilter

HEIGHT, WIDTH = 55, 47
SUPERSAMPLING = 4
_UNIT = 14.8 * SUPERSAMPLING
_CENTRE = np.array([WIDTH / 2, 25.0]) * SUPERSAMPLING

Points = NDArray[np.float64]
Colour = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """How a head is held: shift in units, roll and yaw in radians, scale around 1."""

    shift: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0
    yaw: float = 0.0
    scale: float = 1.0

    def project(self, points: ArrayLike) -> Points:
        """Maps face coordinates to canvas pixels.

        Args:
            points: ``(n, 2)`` face coordinates.

        Returns:
            ``(n, 2)`` float64 pixels of the supersampled canvas.
        """
        x, y = np.asarray(points, dtype=np.float64).T
        depth = np.sqrt(np.maximum(0.0, 1.0 - x**2 - ((y - 0.1) / 1.4) ** 2))
        x = x * np.cos(self.yaw) + 0.8 * depth * np.sin(self.yaw)
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        turned = np.stack([cos * x - sin * y, sin * x + cos * y], axis=1)
        shifted: Points = turned * self.scale + np.asarray(self.shift)
        return shifted * _UNIT + _CENTRE


def rounded(points: ArrayLike, *, closed: bool = True) -> Points:
    """Rounds a polygon or an open line by cutting its corners three times (Chaikin).

    Args:
        points: ``(n, 2)`` control points.
        closed: True for a polygon, False for a line, whose ends then stay in place.

    Returns:
        ``(m, 2)`` float64 points of the rounded curve.
    """
    curve = np.asarray(points, dtype=np.float64)
    for _ in range(3):
        ahead = np.roll(curve, -1, axis=0) if closed else curve[1:]
        here = curve if closed else curve[:-1]
        cut = np.stack([0.75 * here + 0.25 * ahead, 0.25 * here + 0.75 * ahead], 1)
        inner = cut.reshape(-1, 2)
        curve = inner if closed else np.concatenate([curve[:1], inner, curve[-1:]])
    return curve


def ellipse(centre: Sequence[float], radii: Sequence[float]) -> Points:
    """Returns a ``(24, 2)`` polygon around ``centre`` with the given two radii."""
    angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    shape: Points = circle * np.asarray(radii) + np.asarray(centre)
    return shape


class Canvas:
    """A picture in the making, four times as large as the finished one.

    Colours are float64 arrays ``(3,)`` in 0..255.
    """

    def __init__(self, pose: Pose) -> None:
        """Starts with a black picture of a head held in ``pose``."""
        size = (WIDTH * SUPERSAMPLING, HEIGHT * SUPERSAMPLING)
        self.image = Image.new("RGB", size)
        self.pose = pose
        self._draw = ImageDraw.Draw(self.image)

    def fill(self, points: ArrayLike, colour: Colour) -> None:
        """Fills the polygon ``points``, ``(n, 2)`` face coordinates, with a colour."""
        corners = self.pose.project(points).ravel().tolist()
        self._draw.polygon(corners, fill=_rgb(colour))

    def stroke(self, points: ArrayLike, colour: Colour, width: float) -> None:
        """Draws the line ``points``, ``(n, 2)`` face coordinates, ``width`` units thick."""
        line = self.pose.project(points).ravel().tolist()
        thickness = max(1, round(width * _UNIT * self.pose.scale))
        self._draw.line(line, fill=_rgb(colour), width=thickness, joint="curve")

    def darken_line(self, points: ArrayLike, width: float) -> None:
        """Draws a thin line a little darker than what lies under its middle."""
        line = self.pose.project(points)
        x, y = line[len(line) // 2].astype(int).tolist()
        if 0 <= x < self.image.width and 0 <= y < self.image.height:
            pixel = self.image.getpixel((x, y))
            self.stroke(points, 0.8 * np.asarray(pixel, dtype=np.float64), width)

    def shade(
        self, points: ArrayLike, colour: Colour, *, strength: float, softness: float
    ) -> None:
        """Lays a soft-edged, half transparent polygon over the picture.

        Args:
            points: ``(n, 2)`` face coordinates.
            colour: colour of the polygon.
            strength: opacity in [0, 1].
            softness: standard deviation of the blur of its edge, in units.
        """
        corners = self.pose.project(points)
        blur = softness * _UNIT
        low = np.floor(corners.min(axis=0) - 2.0 * blur).astype(int)
        high = np.ceil(corners.max(axis=0) + 2.0 * blur).astype(int)
        mask = Image.new("L", (int(high[0] - low[0]), int(high[1] - low[1])))
        flat = (corners - low).ravel().tolist()
        ImageDraw.Draw(mask).polygon(flat, fill=round(255 * strength))
        mask = mask.filter(ImageFilter.BoxBlur(blur))
        self.image.paste(_rgb(colour), (int(low[0]), int(low[1])), mask)


def _rgb(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = np.clip(np.rint(colour), 0, 255).astype(int).tolist()
    return red, green, blue
