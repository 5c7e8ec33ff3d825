"""What may mend images of another shape than a network takes."""

from __future__ import annotations

_CHANNELS = ((1,), (3,), (4,))
_ROW = (
    "Each image is one row of numbers: reshape it, as its maker laid it out, and write it "
    "again."
)
_LAST = "The axis of images is the last: move it to the front, and write it again."


def hint(shape: tuple[int, ...], wanted: tuple[int, int, int]) -> str:
    """What may mend images of another shape."""
    rows, columns, channels = wanted
    if shape[:1] == (0,):
        return "There is none in it."
    if len(shape) == 2 and shape[1] == rows * columns * channels:
        return _ROW
    if len(shape) == 4 and shape[:3] == wanted:
        return _LAST
    sizes = [x for x in (shape[1:], (*shape[2:], *shape[1:2])) if x[2:] in _CHANNELS]
    if (columns, rows, channels) in sizes and rows != columns:
        return "Rows and columns are turned: swap these axes."
    if any(
        size[:2] == (rows, columns) for size in (*sizes, shape[1:] * (len(shape) == 3))
    ):
        return f"Give images of {channels} channels, as the network takes."
    if any(size[2] == channels for size in sizes):
        return "Give images of the network's size, or --resize."
    return "Check that this is an image file."


def without_network(shape: tuple[int, ...], *, in_rows: bool) -> str:
    """What may mend an array whose images have no size that can be told.

    Args:
        shape: Of the array.
        in_rows: Whether images may be rows of pixels, if their size is told.
    """
    if in_rows:
        return "Say the size: --image-shape ROWS COLUMNS CHANNELS"
    if len(shape) == 2:
        return _ROW
    if len(shape) == 4 and shape[2:3] in _CHANNELS:
        return _LAST
    return (
        "Say the size: --image-shape ROWS COLUMNS CHANNELS, or name the array: --keys"
    )
