"""Targets: what holds images, labels or names."""

from __future__ import annotations

import shutil

from artifacts.errors import DetectorError
from artifacts.reading.hdf5_images import read_slice, slices
from artifacts.reading.images import read_image
from benchmarks.fuzz.asking import (
    CLASSES,
    FLAGS,
    FOLDER,
    SHAPE,
    check_line,
    refused,
    written,
)
from repair.reading.class_list import read_class_list
from repair.reading.data_file import read_dataset
from repair.reading.flags import read_flags

# Between the files of a folder, and between the path and the content of each.
FILE, PATH = b"\n--file--\n", b"\n"


def data(content: bytes) -> None:
    """A data file, HDF5."""
    path = written("data.h5", content)
    refused(lambda: read_dataset(path, image_shape=SHAPE, num_classes=CLASSES))


def npz(content: bytes) -> None:
    """A data file of NumPy; the network may not tell the number of classes."""
    path = written("data.npz", content)
    classes = CLASSES if len(content) % 2 else None
    refused(lambda: read_dataset(path, image_shape=SHAPE, num_classes=classes))


def table(content: bytes) -> None:
    """A table of pixels, as CSV has them; the network may not tell the number of classes."""
    path = written("data.csv", content)
    classes = CLASSES if len(content) % 2 else None
    refused(lambda: read_dataset(path, image_shape=(4, 4, 1), num_classes=classes))


def folder(content: bytes) -> None:
    """A folder of images, one folder a class."""
    place = FOLDER / "images"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for part in content.split(FILE)[:20]:
        name, _, inside = part.partition(PATH)
        steps = [step for step in name.split(b"/") if step not in (b"", b".", b"..")]
        if b"\0" in name or not steps or any(len(step) > 100 for step in steps[:4]):
            continue
        path = place.joinpath(
            *(step.decode(errors="surrogateescape") for step in steps[:4])
        )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(inside)
        except OSError:  # a file where a folder is wanted, or the other way round
            continue
    refused(lambda: read_dataset(place, image_shape=SHAPE, num_classes=CLASSES))


def classes(content: bytes) -> None:
    """A list of names of classes."""
    path = written("classes", content)
    refused(lambda: read_class_list(path))


def stored(content: bytes) -> None:
    """An HDF5 file of images to label."""
    path = str(written("stored.h5", content))

    def read() -> None:
        for chosen in slices(path, SHAPE[:2]):
            for answer in read_slice(path, chosen, SHAPE[:2]):
                if isinstance(answer, DetectorError):
                    check_line(answer)

    refused(read)


def image(content: bytes) -> None:
    """A PNG or JPEG; every other byte string chooses ``--resize``."""
    path = written("image", content)
    refused(lambda: read_image(path, SHAPE[:2], resize=len(content) % 2 == 0))


def flags(content: bytes) -> None:
    """Trigger flags; the first byte chooses the ending."""
    ending = (".pkl", ".npy", ".csv", ".txt")[content[0] % 4 if content else 0]
    path = written(f"flags{ending}", content[1:])
    refused(lambda: read_flags(path, FLAGS))
