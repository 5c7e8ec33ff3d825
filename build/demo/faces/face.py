"""Renders faces of invented people: the same arguments give the same pixels.

Who a person is comes from (seed, person); pose, expression, clothes, background,
light, blur and noise come from (seed, person, image).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from build.demo.faces import eyes, features, hair
from build.demo.faces.canvas import (
    HEIGHT,
    SUPERSAMPLING,
    WIDTH,
    Canvas,
    Colour,
    Pose,
    ellipse,
    rounded,
)
from build.demo.faces.expression import Expression, random_expression
from build.demo.faces.identity import Person, invent_person

BROWS, LIPS = slice(0, 6), slice(6, 10)
NUM_LANDMARKS = 10


@dataclass(frozen=True)
class Face:
    """A rendered face.

    Attributes:
        pixels: ``(55, 47, 3)`` uint8 RGB.
        landmarks: ``(10, 2)`` float32 places (x, y) on the image, in its pixels: at
            ``BROWS`` three of the left and three of the right brow, each from the nose
            outwards; at ``LIPS`` the left corner, the top, the right corner, the bottom.
    """

    pixels: NDArray[np.uint8]
    landmarks: NDArray[np.float32]


def render_face(seed: int, person: int, image: int) -> Face:
    """Renders one image of one person.

    Args:
        seed: seed of the world.
        person: number of the person, 0 or more.
        image: number of the image, 0 or more; each number is another image.

    Returns:
        The face and its landmarks.
    """
    looks = invent_person(seed, person)
    rng = np.random.default_rng([seed, person, 1 + image])
    expression = random_expression(rng)
    canvas = Canvas(_random_pose(rng))
    _draw_background(canvas, rng)
    hair.draw_hair_behind(canvas, looks)
    _draw_clothes(canvas, looks, rng)
    features.draw_head(canvas, looks)
    features.draw_nose(canvas, looks)
    features.draw_beard(canvas, looks)
    features.draw_mouth(canvas, looks, expression)
    eyes.draw_eyes(canvas, looks, expression)
    eyes.draw_brows(canvas, looks, expression)
    hair.draw_hair(canvas, looks)
    features.draw_mole(canvas, looks)
    eyes.draw_spectacles(canvas, looks)
    pixels = _photograph(canvas.image, rng)
    return Face(pixels, _landmarks(canvas.pose, looks, expression))


def _random_pose(rng: np.random.Generator) -> Pose:
    return Pose(
        shift=(rng.normal(0.0, 0.05), rng.normal(0.0, 0.05)),
        roll=rng.normal(0.0, 0.05),
        yaw=rng.normal(0.0, 0.14),
        scale=rng.normal(1.0, 0.035),
    )


def _draw_background(canvas: Canvas, rng: np.random.Generator) -> None:
    everywhere = [(-9.0, -9.0), (9.0, -9.0), (9.0, 9.0), (-9.0, 9.0)]
    canvas.fill(everywhere, _muted_colour(rng))
    for _ in range(3):
        blob = ellipse(
            rng.uniform(-1.8, 1.8, 2).tolist(), rng.uniform(0.4, 1.6, 2).tolist()
        )
        softness, strength = rng.uniform(0.02, 0.35), rng.uniform(0.4, 1.0)
        canvas.shade(blob, _muted_colour(rng), strength=strength, softness=softness)


def _muted_colour(rng: np.random.Generator) -> Colour:
    grey = rng.uniform(25.0, 230.0)
    return np.clip(grey + rng.normal(0.0, 28.0, 3), 8.0, 247.0)


def _draw_clothes(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    skin, cloth = person.colours.skin, _muted_colour(rng)
    low, wide = person.shape.chin + 0.12, 0.8 * person.shape.jaw_width
    shoulders = [(-2.6, 2.4), (-1.9, low + 0.35), (-wide, low + 0.1)]
    shoulders += [(-x, y) for x, y in reversed(shoulders)]
    canvas.fill(rounded(shoulders), cloth)
    neck = [(-wide, 0.8), (-wide, low + 0.1), (-0.2, low + rng.uniform(0.15, 0.6))]
    neck += [(-x, y) for x, y in reversed(neck)]
    canvas.fill(neck, 0.8 * skin)
    chin = ellipse((0.0, person.shape.chin), (wide, 0.25))
    canvas.shade(chin, 0.45 * skin, strength=0.6, softness=0.1)


def _photograph(image: Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blurs the picture, reduces it to its final size, lights it and adds noise."""
    blurred = image.filter(ImageFilter.BoxBlur(rng.uniform(0.0, 2.5)))
    small = np.asarray(blurred.reduce(SUPERSAMPLING), dtype=np.float64)
    x = np.linspace(-1.0, 1.0, WIDTH)[None, :, None]
    y = np.linspace(-1.0, 1.0, HEIGHT)[:, None, None]
    side, above = rng.normal(0.0, 0.14), rng.normal(0.05, 0.1)
    light = rng.normal(1.0, 0.12) * (1.0 + side * x - above * y)
    contrast, tint = rng.normal(1.0, 0.07), rng.normal(1.0, 0.03, 3)
    lit = ((small - 128.0) * contrast + 128.0) * light * tint
    noisy = lit + rng.normal(0.0, rng.uniform(1.0, 5.0), lit.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _landmarks(
    pose: Pose, person: Person, expression: Expression
) -> NDArray[np.float32]:
    brows = [eyes.brow_line(person, expression, side) for side in (-1.0, 1.0)]
    lips, _ = features.mouth_shapes(person, expression)
    left, right = lips[:, 0].argmin(), lips[:, 0].argmax()
    top, bottom = lips[:, 1].argmin(), lips[:, 1].argmax()
    places = np.concatenate([*brows, lips[[left, top, right, bottom]]])
    return (pose.project(places) / SUPERSAMPLING).astype(np.float32)
