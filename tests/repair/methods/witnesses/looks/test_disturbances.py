"""Disturbances and the shapes they draw: laws for every family, literal cases."""

from __future__ import annotations

import numpy as np
import pytest
from toys import SHAPE

from repair.methods.witnesses.looks import shapes
from repair.methods.witnesses.looks.disturbances import FAMILIES, blobs, disturb, noise
from repair.methods.witnesses.looks.shapes import draw_shapes

SHAPES = [SHAPE, (55, 47, 3), (7, 30, 3)]
ROUNDING = 1e-4
DRAWING = {"sizes": (0.1, 0.4), "slimmest": 0.3, "most": 3}

each_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def some_images(shape=SHAPE, count: int = 60) -> np.ndarray:
    images = np.random.default_rng(5).integers(0, 256, (count, *shape))
    return images.astype(np.float32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def in_range(images: np.ndarray) -> bool:
    return bool((images >= -ROUNDING).all() and (images <= 255 + ROUNDING).all())


def test_there_are_seven_families_by_name():
    names = "blobs bars occluders stripes filters blends noise"
    assert list(FAMILIES) == names.split()


@each_family
@pytest.mark.parametrize("shape", SHAPES)
def test_families_keep_shape_type_and_range(family, shape):
    images = some_images(shape)
    changed = family(images, rng())
    assert changed.shape == images.shape
    assert changed.dtype == np.float32
    assert in_range(changed)


@each_family
@pytest.mark.parametrize("shape", SHAPES)
def test_families_change_most_images(family, shape):
    images = some_images(shape)
    changed = (family(images, rng()) != images).any(axis=(1, 2, 3))
    assert changed.mean() > 0.6


@each_family
def test_families_follow_their_seed_and_keep_their_argument(family):
    images = some_images()
    before = images.copy()
    one, same, other = (family(images, rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any(axis=(1, 2, 3)).mean() > 0.9


@each_family
def test_families_disturb_equal_images_differently(family):
    images = np.repeat(some_images((20, 20, 3), 1), 40, axis=0)
    changed = family(images, rng()).reshape(40, -1)
    assert len(np.unique(changed, axis=0)) > 35


@pytest.mark.parametrize("shape", SHAPES)
def test_disturb_uses_every_family_and_names_it(shape):
    images = some_images(shape, 200)
    before = images.copy()
    disturbed, family = disturb(images, rng(3))
    np.testing.assert_array_equal(images, before)
    assert disturbed.shape == images.shape
    assert disturbed.dtype == np.float32
    assert in_range(disturbed)
    assert family.shape == (200,)
    assert family.dtype == np.int64
    assert set(family) == set(range(len(FAMILIES)))
    again, same = disturb(images, rng(3))
    np.testing.assert_array_equal(disturbed, again)
    np.testing.assert_array_equal(family, same)


def test_disturb_gives_each_image_to_the_family_it_names(monkeypatch):
    painted = {
        name: lambda images, _, value=value: np.full_like(images, value)
        for value, name in enumerate(FAMILIES)
    }
    monkeypatch.setattr("repair.methods.witnesses.looks.disturbances.FAMILIES", painted)
    disturbed, family = disturb(some_images(), rng())
    expected = np.broadcast_to(family[:, None, None, None], disturbed.shape)
    np.testing.assert_array_equal(disturbed, expected)


def test_families_are_about_equally_frequent():
    family = disturb(some_images((2, 2, 3), 3500), rng())[1]
    counts = np.bincount(family, minlength=len(FAMILIES))
    assert (np.abs(counts - 500) < 100).all()


def test_blobs_leave_most_of_an_image():
    images = some_images((55, 47, 3))
    touched = (blobs(images, rng()) != images).any(axis=3).mean(axis=(1, 2))
    assert 0 < np.median(touched) < 0.1
    # Three ellipses or boxes of at most 16 % of the height, with a rim of a pixel.
    assert touched.max() <= 3 * 4 * (0.16 * 55 + 1) ** 2 / (55 * 47)


def test_noise_spreads_between_8_and_70():
    grey = np.full((300, 24, 24, 3), 127.5, np.float32)
    spread = noise(grey, rng()).std(axis=(1, 2, 3))
    assert 7 < spread.min() < 14
    assert 55 < spread.max() < 70


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_keep_argument_shape_and_type(shape):
    images = some_images(shape)
    before = images.copy()
    drawn = draw_shapes(images, rng(), **DRAWING)
    np.testing.assert_array_equal(images, before)
    assert drawn.shape == images.shape
    assert drawn.dtype == np.float32
    assert in_range(drawn)
    again = draw_shapes(images, rng(), **DRAWING)
    np.testing.assert_array_equal(drawn, again)


def test_nothing_is_drawn_on_no_images():
    nothing = np.empty((0, *SHAPE), np.float32)
    assert draw_shapes(nothing, rng(), **DRAWING).shape == (0, *SHAPE)


def test_every_place_is_drawn_on_and_no_more_often_left_than_right():
    black = np.zeros((3000, *SHAPE), np.float32)
    hit = draw_shapes(black, rng(), sizes=(0.1, 0.3), slimmest=0.5, most=1)
    share = hit.any(axis=3).mean(axis=0)
    assert share.min() > 0.01
    np.testing.assert_allclose(share, share[:, ::-1], atol=0.04)
    np.testing.assert_allclose(share, share[::-1], atol=0.04)


def test_one_opaque_plain_shape_is_one_colour(monkeypatch):
    monkeypatch.setattr(shapes, "_OPAQUE", 1)
    monkeypatch.setattr(shapes, "_NOISY", 0)
    monkeypatch.setattr(shapes, "_CHECKED", 0)
    black = np.zeros((200, 24, 20, 3), np.float32)
    drawn = draw_shapes(black, rng(), sizes=(0.2, 0.4), slimmest=0.5, most=1)
    counts = [len(np.unique(image.reshape(-1, 3), axis=0)) for image in drawn]
    assert max(counts) == 2


def test_translucent_shapes_let_the_image_through(monkeypatch):
    monkeypatch.setattr(shapes, "_OPAQUE", 0)
    monkeypatch.setattr(shapes, "_paint", lambda shape, _: np.zeros(shape, np.float32))
    white = np.full((300, *SHAPE), 255, np.float32)
    drawn = draw_shapes(white, rng(), sizes=(0.2, 0.4), slimmest=0.5, most=1)
    inside = drawn[drawn < 255] / 255
    assert 0 <= inside.min() < 0.05
    assert 0.55 < inside.max() <= 0.6 + 1e-6


def test_colours_lie_in_range_and_some_are_pure():
    colours = shapes._colours(2000, rng())
    assert colours.shape == (2000, 1, 1, 3)
    assert colours.dtype == np.float32
    assert in_range(colours)
    pure = np.isin(colours, [0, 127.5, 255]).all(axis=(1, 2, 3))
    assert abs(pure.mean() - shapes._PURE) < 0.05


@pytest.mark.parametrize(("kind", "row"), [("_NOISY", 0), ("_CHECKED", 1)])
def test_textures(monkeypatch, kind, row):
    for name in ("_NOISY", "_CHECKED"):
        monkeypatch.setattr(shapes, name, float(name == kind))
    paint = shapes._paint((30, 12, 10, 3), rng())
    assert in_range(paint)
    colours = [len(np.unique(image.reshape(-1, 3), axis=0)) for image in paint]
    if kind == "_NOISY":
        assert min(colours) > 100
    else:
        assert set(colours) <= {1, 2}
        assert np.mean(np.array(colours) == 2) > 0.8


class Forced:
    """A generator that draws one shape: this kind, half-length and turn, in the middle."""

    def __init__(self, kind: str, *, slim: bool, turned: float) -> None:
        self.kind = kind
        self.uniforms = iter([None, None, turned])
        self.slim = slim
        self.randoms = iter([1.0, 0.5])

    def uniform(self, low, high, count):
        value = next(self.uniforms)
        edge = low if self.slim else high
        return np.full(count, edge if value is None else value)

    def random(self, size):
        return np.full(size, next(self.randoms))

    def choice(self, kinds, count):
        assert self.kind in kinds
        return np.full(count, self.kind)


@pytest.mark.parametrize("kind", ["ellipse", "box", "diamond"])
@pytest.mark.parametrize("slim", [False, True])
@pytest.mark.parametrize("turned", [0.0, 0.6, np.pi / 2])
def test_outlines_equal_their_equations(kind, slim, turned):
    generator = Forced(kind, slim=slim, turned=turned)
    inside = shapes._inside((1, 30, 30, 3), 1, generator, (0.3, 0.3), 0.5)[0]
    length, width = 9, 4.5 if slim else 9
    for row, column in np.ndindex(30, 30):
        right, down = column - 15, row - 15
        a = abs(np.cos(turned) * right + np.sin(turned) * down) / length
        b = abs(np.cos(turned) * down - np.sin(turned) * right) / width
        distance = {"ellipse": a * a + b * b, "box": max(a, b), "diamond": a + b}[kind]
        if abs(distance - 1) > 1e-4:
            assert inside[row, column] == (distance < 1)


def test_slimmest_shapes_do_not_fall_between_the_pixels():
    generator = Forced("box", slim=True, turned=0.0)
    # 0.15 pixels to each side of a centre between the rows; 0.7 are drawn.
    inside = shapes._inside((1, 31, 31, 3), 1, generator, (0.2, 0.2), 0.025)[0]
    assert inside.any(axis=1).nonzero()[0].tolist() == [15, 16]


@each_family
def test_no_images_are_no_error(family):
    none = np.empty((0, *SHAPE), np.float32)
    assert family(none, rng()).shape == none.shape


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_images_stay_grey_and_alpha_stays(channels):
    images = some_images((12, 10, channels)).astype(np.float32)
    before = images.copy()
    disturbed, family = disturb(images, rng())
    assert disturbed.shape == images.shape
    assert disturbed.dtype == np.float32
    assert in_range(disturbed)
    assert set(family.tolist()) == set(range(len(FAMILIES)))
    np.testing.assert_array_equal(images, before)
    changed = (disturbed != images).any(axis=(1, 2))
    assert changed[:, 0].mean() > 0.9
    if channels == 4:
        assert not changed[:, 3].any()
