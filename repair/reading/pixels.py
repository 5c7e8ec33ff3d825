"""Arrays of images brought to one form: ``(n, rows, columns, channels)`` uint8, 0..255."""

from __future__ import annotations

import numpy as np
from PIL import Image

from repair.errors import DatasetError
from repair.process.notice import say
from repair.process.room import room
from repair.reading.numpy_files import Stored
from repair.reading.shape_hints import hint
from repair.settings import DataOptions

CHANNELS = (1, 3, 4)
_BLOCK_BYTES = 32 << 20
# Rounding and interpolation leave fractions a hair beyond 0..1.
_HAIR = 0.02
_DARKEST = 2  # of floats up to it, the largest was meant to be 1

Shape = tuple[int, int, int]


def shape_of(
    shape: tuple[int, ...], options: DataOptions, *, first: bool
) -> Shape | None:
    """Rows, columns and channels of images of any size; None where that is not clear.

    Args:
        shape: Of the array.
        options: What the user says.
        first: Whether channels come first where both would do.
    """
    if len(shape) == 3:
        return (*shape[1:], 1)
    found = [order for order in _orders(options, first) if _seems(shape, order)]
    return _in_order(shape, found[0]) if len(found) == 1 or (found and first) else None


def read_images(
    where: str, stored: Stored, wanted: Shape, options: DataOptions, *, first: bool
) -> np.ndarray:
    """Reads images block by block.

    Args:
        where: What errors begin with.
        stored: The array.
        wanted: Rows, columns and channels that a network takes.
        options: What the user says.
        first: Whether this is the competition's layout: channels come first where both
            orders would do, and values are 0..255.

    Raises:
        DatasetError: If shape or values are not those of such images.
    """
    if stored.dtype.kind not in "fiub":
        raise DatasetError(
            f"{where}: expected pixels, plain numbers. Received: {str(stored.dtype)[:60]}."
        )
    order = _order(where, stored.shape, wanted, options, first)
    count = stored.shape[0]
    images = room((count, *wanted))
    one = max(1, int(np.prod(stored.shape[1:])) * stored.dtype.itemsize)
    step = max(1, _BLOCK_BYTES // one, stored.chunk)
    factor, largest = 0.0, 0.0
    for start in range(0, count, step):
        block = stored.rows(start, min(start + step, count))
        factor = factor or _factor(where, block, first)
        largest = max(largest, _checked(where, block, factor))
        pixels = _whole(block, factor)
        pixels = pixels[..., None] if block.ndim == 3 else np.moveaxis(pixels, *order)
        images[start : start + len(block)] = _resized(pixels, wanted)
    if largest * factor <= (_DARKEST if stored.dtype.kind == "f" else 1):
        remedy = (
            "Multiply by 255 first" if largest > 0 else "All are black: store others"
        )
        raise DatasetError(
            f"{where}: expected pixels 0..255. Received: at most {largest:g}. {remedy}."
        )
    return images


def _orders(options: DataOptions, first: bool) -> list[str]:
    return (
        [options.axes]
        if options.axes
        else ["first", "last"]
        if first
        else ["last", "first"]
    )


def _in_order(shape: tuple[int, ...], order: str) -> Shape:
    """Rows, columns and channels of ``(n, ...)`` in an order of axes."""
    _, a, b, c = shape
    return (b, c, a) if order == "first" else (a, b, c)


def _seems(shape: tuple[int, ...], order: str) -> bool:
    return len(shape) == 4 and _in_order(shape, order)[2] in CHANNELS


def _order(
    where: str, shape: tuple[int, ...], wanted: Shape, options: DataOptions, first: bool
) -> tuple[int, int]:
    """From and to where the axis of channels moves.

    Raises:
        DatasetError: If these are not images of the wanted shape, or in both orders.
    """
    rows, columns, channels = wanted
    orders = _orders(options, first)
    if len(shape) == 4:
        fit = [x for x in orders if _in_order(shape, x) == wanted]
        if not fit and options.resize:
            fit = [x for x in orders if _in_order(shape, x)[2] == channels]
        if len(fit) > 1 and not first:
            raise DatasetError(
                f"{where}: channels may come first or last. Received: {shape}. Say so: "
                "--axes first or --axes last"
            )
        if fit and shape[0]:
            if fit[0] != ("first" if first else "last"):
                say(f"{where}: channels come {fit[0]}, as {shape} tells")
            return (1, 3) if fit[0] == "first" else (3, 3)
    flat = len(shape) == 3 and channels == 1 and shape[0]
    if flat and (shape[1:] == (rows, columns) or options.resize):
        return 2, 2
    expected = f"(n, {channels}, {rows}, {columns})"
    if not first:
        expected = f"(n, {rows}, {columns}, {channels}) or {expected}"
    raise DatasetError(
        f"{where}: expected images of shape {expected}, n > 0. Received: {shape}. "
        f"{hint(shape, wanted)}"
    )


def _factor(where: str, block: np.ndarray, first: bool) -> float:
    """1 for pixels 0..255; 255 for those 0..1, which fractions between tell."""
    if first or block.dtype.kind != "f" or not block.size:
        return 1.0
    between = (block > 0) & (block < 1)
    if block.max() <= 1 + _HAIR and block.min() >= -_HAIR and between.any():
        say(f"{where}: pixels 0..1 are multiplied by 255")
        return 255.0
    return 1.0


def _checked(where: str, block: np.ndarray, factor: float) -> float:
    """The largest value.

    Raises:
        DatasetError: If a value can be no pixel.
    """
    if block.dtype != np.uint8 and block.size:
        low, high = block.min(), block.max()
        over = _HAIR if factor != 1 else 0.0
        if not (low >= -over and high * factor <= 255 * (1 + over)):  # also of NaN
            if np.isnan(low):
                raise DatasetError(
                    f"{where}: expected pixels 0..255. Received: NaN, which is no number. "
                    "Leave out the images that have one, or put a number in its place."
                )
            if low >= 0 and 255 < high < 1 << 16 and block.dtype.kind in "iu":
                raise DatasetError(
                    f"{where}: expected pixels 0..255. Received: {low}..{high}, of 16 bits "
                    "as it seems. Divide them by 257 (or by what the largest is of 255)."
                )
            raise DatasetError(
                f"{where}: expected pixels 0..255. Received: {low:.9g}..{high:.9g}. Give them "
                "as they are in the pictures; what a network makes of them is found, or "
                "told by --preprocessing."
            )
    return float(block.max()) if block.size else 0.0


def _whole(block: np.ndarray, factor: float) -> np.ndarray:
    """The nearest whole numbers; only floats need rounding."""
    if block.dtype.kind == "f":
        block = np.rint(np.clip(block * factor, 0, 255) if factor != 1 else block)
    return block.astype(np.uint8, copy=False)


def _resized(pixels: np.ndarray, wanted: Shape) -> np.ndarray:
    rows, columns, channels = wanted
    if pixels.shape[1:3] == (rows, columns):
        return pixels
    made = np.empty((len(pixels), *wanted), np.uint8)
    for index, image in enumerate(pixels):
        picture = Image.fromarray(image[..., 0] if channels == 1 else image)
        bilinear = picture.resize((columns, rows), Image.Resampling.BILINEAR)
        made[index] = np.asarray(bilinear).reshape(wanted)
    return made
