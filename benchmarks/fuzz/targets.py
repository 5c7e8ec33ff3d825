"""What is fuzzed: a function of bytes each, which may only answer or refuse in one line."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np

from artifacts.card import verify
from artifacts.errors import DetectorError
from artifacts.reading.hdf5_images import read_slice, slices
from artifacts.reading.images import read_image
from repair.errors import RepairError
from repair.reading.data_file import read_dataset
from repair.reading.flags import read_flags
from repair.reading.network_file import network_from, read_network
from repair.reading.stored.network_source import Source

SHAPE = (12, 10, 3)
FLAGS = 20
_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
Target = Callable[[bytes], None]


def refused(action: Callable[[], object]) -> None:
    """Runs ``action``; an error counts only if it is not one clear line."""
    try:
        action()
    except (RepairError, DetectorError) as reason:
        _check_line(reason)


def _check_line(reason: RepairError | DetectorError) -> None:
    line = str(reason)
    if not line.isprintable() or not 20 < len(line) < 2500:
        raise ValueError(f"no clear line: {line!r}") from reason


def _written(name: str, content: bytes) -> Path:
    path = _FOLDER / name
    path.write_bytes(content)
    return path


def model(content: bytes) -> None:
    """A network file."""
    path = _written("network.h5", content)
    refused(lambda: read_network(path))


def description(content: bytes) -> None:
    """A network's description, as JSON; no weights fit it."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return
    with h5py.File(io.BytesIO(), "w") as empty:
        empty.attrs["layer_names"] = np.array([], "S1")
        refused(lambda: network_from(Source(parsed, 3, "", empty)))


def data(content: bytes) -> None:
    """A data file."""
    path = _written("data.h5", content)
    refused(lambda: read_dataset(path, image_shape=SHAPE, num_classes=5))


def stored(content: bytes) -> None:
    """An HDF5 file of images to label."""
    path = str(_written("stored.h5", content))

    def read() -> None:
        for chosen in slices(path, SHAPE[:2]):
            for answer in read_slice(path, chosen, SHAPE[:2]):
                if isinstance(answer, DetectorError):
                    _check_line(answer)

    refused(read)


def image(content: bytes) -> None:
    """A PNG or JPEG; every other byte string chooses ``--resize``."""
    path = _written("image", content)
    refused(lambda: read_image(path, SHAPE[:2], resize=len(content) % 2 == 0))


def flags(content: bytes) -> None:
    """Trigger flags; the first byte chooses the ending."""
    ending = (".pkl", ".npy", ".csv", ".txt")[content[0] % 4 if content else 0]
    path = _written(f"flags{ending}", content[1:])
    refused(lambda: read_flags(path, FLAGS))


def card(content: bytes) -> None:
    """The card of an artifact."""
    (_FOLDER / "toy").mkdir(exist_ok=True)
    _written("toy/card.json", content)
    refused(lambda: verify(_FOLDER / "toy"))


TARGETS: Mapping[str, Target] = {
    each.__name__: each
    for each in (model, description, data, stored, image, flags, card)
}
