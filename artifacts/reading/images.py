"""Reads image files of all kinds as plain arrays: grey, RGB or RGBA."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.errors import DetectorError, printable
from artifacts.reading.jpeg import MOST_SCANS, scans
from artifacts.reading.kinds import ALWAYS, Kinds, held
from artifacts.reading.png import colours, has_all_lines

if TYPE_CHECKING:
    import numpy as np

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_PHOTOGRAPHS = ("JPEG", "MPO")  # the latter may hold a second, smaller picture
_MAX_PIXELS = 25_000_000
_MAX_BYTES = 32 << 20


def read_image(
    path: Path,
    size: tuple[int, ...],
    *,
    resize: bool = False,
    kinds: Kinds = ALWAYS,
) -> np.ndarray:
    """Reads an image of any mode, upright as its EXIF data says.

    Args:
        path: The image file.
        size: Expected rows and columns, and channels where not 3: 1 for grey, 4 for RGBA.
        resize: Bring an image of another size to this one.
        kinds: Formats that are read besides PNG and JPEG.

    Returns:
        ``(rows, columns, channels)`` uint8, 0..255.

    Raises:
        DetectorError: If the file is missing, broken, of another format or size.
    """
    import numpy as np

    picture = read_picture(path, size, resize=resize, kinds=kinds)
    return np.asarray(picture, np.uint8).reshape((*size, 3)[:3])


def read_picture(
    path: Path, size: tuple[int, ...], *, resize: bool = False, kinds: Kinds = ALWAYS
) -> Any:
    """What ``read_image`` reads, as Pillow has it; its bytes are those of the array."""
    rows, columns, channels = (*size, 3)[:3]
    expected = None if resize else (rows, columns)
    image = open_image(path, kinds, channels=channels, size=expected)
    return _sized(image, (rows, columns))


def open_image(
    path: Path,
    kinds: Kinds = ALWAYS,
    *,
    channels: int | None = 3,
    size: tuple[int, int] | None = None,
) -> Any:
    """The picture itself, of Pillow; its file is read once, and closed.

    Args:
        path: The image file.
        kinds: Formats that are read besides PNG and JPEG.
        channels: 1 for grey, 3 for RGB, 4 for RGBA; None = as the file is.
        size: Expected rows and columns; None = any.

    Raises:
        DetectorError: As ``read_image``.
    """
    name = printable(str(path))
    if not os.path.isfile(path):  # noqa: PTH113 - an impossible name is no error
        found = "not a file" if os.path.lexists(path) else "no such file"
        if os.path.islink(path) and not os.path.exists(path):  # noqa: PTH110, PTH114
            found = "a link that leads nowhere"
        raise DetectorError(f"{name}: expected a {kinds} image. Received: {found}.")
    from PIL import Image, ImageOps, UnidentifiedImageError

    stream, content = io.BytesIO(), b""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise DetectorError(
                f"{name}: expected an image of at most 32 MiB. Received: a larger file."
            )
        stream.write(content)
        stream.seek(0)
        with without_warnings(), Image.open(stream, formats=kinds.formats) as image:
            wrong = size is not None and sorted(image.size) != sorted(size)
            if image.width * image.height > _MAX_PIXELS or wrong:
                raise _size_error(name, image.size, size)
            if problem := _problem(image, content):
                raise DetectorError(f"{name}: {problem}")
            turned: Any = image
            with suppress(SyntaxError):  # broken EXIF data turn nothing
                turned = ImageOps.exif_transpose(image)
            upright = _of_mode(turned, _MODES.get(channels or 0))
    except (DetectorError, MemoryError):
        raise
    except Exception as reason:  # Pillow raises many types on broken files
        text = printable(str(reason)).replace(repr(stream), "the file")[:120]
        kind = held(content)
        if isinstance(reason, UnidentifiedImageError):
            text = kind or ("something else" if content else "an empty file")
            if kind in kinds.formats:
                text = f"a broken {kind}"
        raise DetectorError(
            f"{name}: expected a whole {kinds} image. Received: "
            f"{text or type(reason).__name__}.{kinds.hint(path.suffix, kind)}"
        ) from reason
    if size is not None and upright.size != (size[1], size[0]):
        raise _size_error(name, upright.size, size)
    return upright


def fitted(image: Any, size: tuple[int, int]) -> np.ndarray:
    """The pixels of a picture, brought to a size: bilinear, the whole of it."""
    import numpy as np

    return np.asarray(_sized(image, size), np.uint8)


def _sized(image: Any, size: tuple[int, int]) -> Any:
    rows, columns = size
    if image.size == (columns, rows):
        return image
    from PIL import Image

    return image.resize((columns, rows), Image.Resampling.BILINEAR)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Pillow warns of large sizes and odd EXIF data; the checks here decide instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _problem(image: Any, content: bytes) -> str | None:
    """What Pillow would take without a word, None if nothing."""
    if image.format not in _PHOTOGRAPHS and getattr(image, "is_animated", False):
        return "expected one picture. Received: several."
    if image.format == "PNG" and not has_all_lines(content):
        return "expected a whole PNG. Received: a part."
    if image.format == "PNG" and image.mode == "P":
        used, held = image.getextrema()[1] + 1, colours(content)
        if used > held:
            return f"expected a palette of {used} colours. Received: one of {held}."
    if image.format in _PHOTOGRAPHS and scans(content) > MOST_SCANS:
        return (
            f"expected a JPEG of at most {MOST_SCANS} scans. Received: more, which take "
            "for ever. Save it again."
        )
    return None


def _of_mode(image: Any, mode: str | None) -> Any:
    """Brings any mode to grey, RGB or RGBA: 16 bits are scaled.

    Transparency is dropped, unless it is asked for.

    Raises:
        ValueError: If the numbers are no pixels.
    """
    if image.mode == "F":
        raise ValueError("fractions")
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 257).convert("L")
    if image.mode == "P":
        image = image.convert("RGBA")
    if mode is None:
        mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _size_error(
    name: str, found: tuple[int, int], size: tuple[int, int] | None
) -> DetectorError:
    if size is None:
        return DetectorError(
            f"{name}: expected at most {_MAX_PIXELS:,} pixels. Received: {found[0]} x "
            f"{found[1]}. Make it smaller."
        )
    return DetectorError(
        f"{name}: expected an image {size[1]} wide and {size[0]} high. Received: "
        f"{found[0]} x {found[1]}. Crop it as the training data, or --resize."
    )
