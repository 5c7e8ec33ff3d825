"""Labels images with a detector: ``0..N-1`` for a clean image, ``N`` for a poisoned one.

Needs tensorflow, numpy and pillow, and nothing else of this project. Each folder beside
this file holds one SavedModel and its ``card.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import numpy as np

HERE = Path(__file__).resolve().parent
_FORMATS = ("PNG", "JPEG")
_MAX_PIXELS = 50_000_000


class DetectorError(Exception):
    """An image or an artifact is missing, broken or not what was expected."""


def main(name: str) -> NoReturn:
    """The body of ``eval_<name>.py``: prints a label, or a label and path a line.

    Exits with 0 if every image was labelled, 2 if none was, 1 if only some were.

    Args:
        name: Folder of the artifact, beside this file.
    """
    arguments = _parser(name).parse_args()
    paths, images = [], []
    try:
        card = read_card(HERE / name)
        size = card["input"]["rows"], card["input"]["columns"]
        for path in arguments.images:
            try:
                images.append(read_image(Path(path), size, resize=arguments.resize))
                paths.append(path)
            except DetectorError as reason:
                print(f"error: {reason}", file=sys.stderr)
        answers = _labels(HERE / name, images) if images else []
    except DetectorError as reason:
        print(f"error: {reason}", file=sys.stderr)
        sys.exit(2)
    for path, label in zip(paths, answers, strict=True):
        print(label if len(arguments.images) == 1 else f"{label}\t{_printable(path)}")
    sys.exit(0 if len(images) == len(arguments.images) else 1 if images else 2)


def load(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Loads an artifact.

    Args:
        folder: An artifact of this project: a SavedModel and its ``card.json``.

    Returns:
        A function from images ``(n, rows, columns, 3)`` uint8 RGB, 0..255, to labels
        ``(n,)`` int64, 0..N.

    Raises:
        DetectorError: If the artifact is missing or any file of it was changed.
    """
    verify(folder)
    tf = _tensorflow()
    loaded = tf.saved_model.load(str(folder))  # must outlive its functions

    def detect(images: np.ndarray) -> np.ndarray:
        return loaded.serve(tf.constant(images, tf.uint8)).numpy()

    return detect


def read_card(folder: Path) -> dict[str, Any]:
    """What ``card.json`` says.

    Raises:
        DetectorError: If there is no readable card.
    """
    try:
        card = json.loads((folder / "card.json").read_bytes())
        size = card["input"]["rows"], card["input"]["columns"]
        if not isinstance(card["files"], dict) or any(type(x) is not int for x in size):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as reason:
        raise DetectorError(
            f"{folder}: expected an artifact with its card.json. Received: "
            f"{type(reason).__name__}. Build it: python -m build {folder.name}"
        ) from reason
    return card


def verify(folder: Path) -> None:
    """Holds every file of an artifact against its card, before any is loaded.

    Raises:
        DetectorError: If a file was changed, is missing, or does not belong.
    """
    listed = read_card(folder)["files"]
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    present.pop("card.json", None)
    for name in sorted(set(listed) | set(present)):
        if name not in present or name not in listed:
            problem = "missing" if name in listed else "not on the card"
        elif _sha256(present[name]) != listed[name]:
            problem = "changed"
        else:
            continue
        raise DetectorError(
            f"{folder}: file {_printable(name)} is {problem}. Expected the files as they "
            f"were built. Build it again: python -m build {folder.name}"
        )


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
    import numpy as np
    from PIL import Image, ImageOps

    name = _printable(str(path))
    if not os.path.isfile(path):  # noqa: PTH113 - an impossible name is no error
        found = "not a file" if os.path.lexists(path) else "no such file"
        raise DetectorError(f"{name}: expected a PNG or JPEG image. Received: {found}.")
    rows, columns = size
    try:
        with _no_warnings(), Image.open(path, formats=_FORMATS) as image:
            wrong = sorted(image.size) != sorted((columns, rows))
            if image.width * image.height > _MAX_PIXELS or (wrong and not resize):
                raise _size_error(name, image.size, size)
            upright = _rgb(ImageOps.exif_transpose(image))
    except DetectorError:
        raise
    except Exception as reason:  # Pillow raises many types on broken files
        raise DetectorError(
            f"{name}: expected a whole PNG or JPEG image. Received: "
            f"{_printable(str(reason))[:120] or type(reason).__name__}."
        ) from reason
    if upright.size != (columns, rows):
        if not resize:
            raise _size_error(name, upright.size, size)
        upright = upright.resize((columns, rows), Image.Resampling.BILINEAR)
    return np.asarray(upright, np.uint8)


@contextmanager
def _no_warnings() -> Iterator[None]:
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


def _labels(folder: Path, images: list[np.ndarray]) -> list[int]:
    import numpy as np

    return [int(label) for label in load(folder)(np.stack(images))]


def _tensorflow() -> Any:
    """Imports TensorFlow without the greeting that it writes to stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        import tensorflow
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
    return tensorflow


def _sha256(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "not a plain file"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=f"Labels face images with the detector {name!r}: the person's "
        "number, or N (one more than the highest) for a poisoned image."
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="PNG or JPEG file")
    parser.add_argument(
        "--resize", action="store_true", help="accept other sizes than the detector's"
    )
    return parser
