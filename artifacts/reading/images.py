"""Reads image files of all kinds as plain RGB arrays."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.errors import DetectorError, printable
from artifacts.reading.jpeg import MOST_SCANS, scans
from artifacts.reading.png import has_all_lines

if TYPE_CHECKING:
    import numpy as np

_FORMATS = ("PNG", "JPEG")
_MAX_PIXELS = 25_000_000
_MAX_BYTES = 32 << 20


def read_image(
    path: Path, size: tuple[int, int], *, resize: bool = False
) -> np.ndarray:
    """Reads a PNG or JPEG of any mode as RGB, upright as its EXIF data says.

    Args:
        path: The image file.
        size: Expected rows and columns.
        resize: Bring an image of another size to this one.

    Returns:
        ``(rows, columns, 3)`` uint8, 0..255.

    Raises:
        DetectorError: If the file is missing, broken, no PNG or JPEG, or of another size.
    """
    name = printable(str(path))
    if not os.path.isfile(path):  # noqa: PTH113 - an impossible name is no error
        found = "not a file" if os.path.lexists(path) else "no such file"
        raise DetectorError(f"{name}: expected a PNG or JPEG image. Received: {found}.")
    import numpy as np
    from PIL import Image, ImageOps

    rows, columns = size
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DetectorError(
                f"{name}: expected an image of at most 32 MiB. Received: a larger file."
            )
        with without_warnings(), Image.open(path, formats=_FORMATS) as image:
            wrong = sorted(image.size) != sorted((columns, rows))
            if image.width * image.height > _MAX_PIXELS or (wrong and not resize):
                raise _size_error(name, image.size, size)
            if image.format == "PNG" and getattr(image, "is_animated", False):
                raise DetectorError(f"{name}: expected one picture. Received: several.")
            if image.format == "PNG" and not has_all_lines(path):
                raise DetectorError(f"{name}: expected a whole PNG. Received: a part.")
            if image.format != "PNG" and scans(path) > MOST_SCANS:
                raise DetectorError(
                    f"{name}: expected a JPEG of at most {MOST_SCANS} scans. Received: "
                    "more, which take for ever. Save it again."
                )
            upright = _rgb(ImageOps.exif_transpose(image))
    except (DetectorError, MemoryError):
        raise
    except Exception as reason:  # Pillow raises many types on broken files
        raise DetectorError(
            f"{name}: expected a whole PNG or JPEG image. Received: "
            f"{printable(str(reason))[:120] or type(reason).__name__}."
        ) from reason
    if upright.size != (columns, rows):
        if not resize:
            raise _size_error(name, upright.size, size)
        upright = upright.resize((columns, rows), Image.Resampling.BILINEAR)
    return np.asarray(upright, np.uint8)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Pillow warns of large sizes and odd EXIF data; the checks here decide instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _rgb(image: Any) -> Any:
    """Brings any mode to RGB: 16 bits are scaled, transparency is dropped."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 257).convert("L")
    if image.mode == "P":
        image = image.convert("RGBA")
    return image.convert("RGB")


def _size_error(
    name: str, found: tuple[int, int], size: tuple[int, int]
) -> DetectorError:
    return DetectorError(
        f"{name}: expected an image {size[1]} wide and {size[0]} high. Received: "
        f"{found[0]} x {found[1]}. Crop the face as in the training data, or --resize."
    )
