"""Writes an artifact in another format, checks its labels, puts it in place."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from artifacts.errors import InputError
from artifacts.streams import check_interrupted
from build.formats.forms import RUNNERS, WRITERS
from build.formats.probes import probes
from build.formats.table import FORMATS
from build.saving.near_ties import difference
from build.saving.new_folder import new_folder
from repair.errors import RepairFailedError
from repair.measuring.saved_detector import SavedDetector
from repair.network.inference import batch_size
from repair.reading.data_file import read_dataset

CHECKED_IMAGES = 1000
_BATCH_SIZE = 250  # fewer of large images


def convert(
    folder: Path, to: str, out: Path, images_from: Path | None = None, **more: Any
) -> tuple[int, int]:
    """Writes one file or folder, whole or not at all.

    Args:
        folder: An artifact; held against its card before it is loaded.
        to: One of ``FORMATS``.
        out: What to write; an older file is replaced in one step.
        images_from: Data on whose first 1,000 images the labels are compared; None =
            made-up images.
        more: Further arguments of this format's writer.

    Returns:
        The number of images compared, and of those among them that lie between two answers
        (see ``near_ties``).

    Raises:
        ModelError: If the artifact is missing or was changed, or can not be said in this
            format.
        DatasetError: If ``images_from`` is unfit.
        RepairFailedError: If the file can not be written or gives other labels.
    """
    detector = SavedDetector(folder)
    shape = detector.image_shape
    if images_from is None:
        images = probes(shape, CHECKED_IMAGES, seed=0)
    else:
        data = read_dataset(images_from, image_shape=shape, labelled=False)
        images = data.images[:CHECKED_IMAGES]
    with new_folder(out) if FORMATS[to].is_folder else _new_file(out) as unfinished:
        write = partial(WRITERS[to], detector, unfinished, **more)
        found = _written(to, write, unfinished, images)
        near_ties = _check(to, found, images, detector)
    return len(images), near_ties


@contextmanager
def _new_file(out: Path) -> Iterator[Path]:
    """Yields a place to write a file to, which is put at ``out`` if all goes well."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".exporting") as place:
            unfinished = Path(place) / f"detector{out.suffix}"
            yield unfinished
            check_interrupted()
            unfinished.replace(out)
    except OSError as reason:
        raise RepairFailedError(
            f"{out}: can not be written; what was there stays. "
            f"Received: {reason.strerror or reason}."
        ) from reason


def _written(
    to: str, write: Callable[[], None], path: Path, images: np.ndarray
) -> np.ndarray:
    """Writes the form; its labels of the images in batches, then of the first alone."""
    step = min(_BATCH_SIZE, batch_size(images))
    starts = range(0, len(images), step)
    try:
        write()
        run = RUNNERS[to](path)
        found = [run(images[start : start + step]) for start in starts]
        return np.concatenate([*found, run(images[:1])])
    except (InputError, OSError):
        raise
    except Exception as reason:  # each format's package raises types of its own
        raise RepairFailedError(
            f"{to}: this detector can not be said in this format; nothing was written. "
            f"Use another. Received: {type(reason).__name__}."
        ) from reason


def _check(
    to: str, found: np.ndarray, images: np.ndarray, detector: SavedDetector
) -> int:
    """How many images lie between two answers; any other difference is raised."""

    def label_of(images: np.ndarray) -> np.ndarray:
        return detector.answers(images)["detector"]

    expected = label_of(images)
    expected, images = (np.concatenate([x, x[:1]]) for x in (expected, images))
    if found.dtype != np.int64 or found.shape != expected.shape:
        raise RepairFailedError(
            f"{to}: expected labels int64 {expected.shape}; nothing was written. "
            f"Received: {found.dtype} {found.shape}."
        )
    found_out = difference(found, expected, images, label_of)
    if found_out.others:
        raise RepairFailedError(
            f"{to}: expected the artifact's labels on all images; nothing was written. "
            f"Received: {found_out.others} others of {len(expected)}. Please report this."
        )
    return found_out.near_ties
