"""The networks of ``keras.applications``, written by a Keras, read here, and compared."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.reading.files import probabilities
from repair.errors import RepairError
from repair.measuring.tables import Cell
from repair.reading.network_file import read_network

_SMALL = 96, 10  # rows and columns, classes
_CLASSES = 1_000
_WRITER = Path(__file__).with_name("writer.py")
# Default rows and columns by what is in a network's name; 224 for all others.
_SIDES = {
    **{"Xception": 299, "InceptionV3": 299, "InceptionResNetV2": 299},
    **{"NASNetLarge": 331, "NetB1": 240, "NetV2B1": 240, "NetB2": 260},
    **{"NetV2B2": 260, "NetB3": 300, "NetV2B3": 300, "NetV2S": 384, "NetV2M": 480},
    **{"NetV2L": 480, "NetB4": 380, "NetB5": 456, "NetB6": 528, "NetB7": 600},
}


def names(python: str) -> list[str]:
    """The names of all networks that the Keras of ``python`` has, in order."""
    return _written(python, "names").split()


def compared(
    name: str, size: str, forms: list[str], python: str
) -> Iterator[dict[str, Cell]]:
    """A row for each form and kind of file of a network.

    Args:
        name: One of ``names``.
        size: ``small`` (96 x 96 and 10 classes) or ``default``.
        forms: ``whole`` or ``nested``, as the base of a transfer model.
        python: The interpreter whose tensorflow writes the files.
    """
    side, classes = _SMALL if size == "small" else (_default_side(name), _CLASSES)
    for form in forms:
        with tempfile.TemporaryDirectory() as folder:
            _written(python, name, str(side), str(classes), form, folder)
            for ending in (".h5", ".keras"):
                row: dict[str, Cell] = {"network": name, "size": size, "form": form}
                path = Path(folder, f"network{ending}")
                yield row | {"file": ending} | _compared(path)


def condensed(rows: list[dict[str, Cell]]) -> list[dict[str, Cell]]:
    """A row for each network and size, with the differences of all its files."""
    files = list(dict.fromkeys(f"{row['form']} {row['file']}" for row in rows))
    short: dict[tuple[Cell, Cell], dict[str, Cell]] = {}
    for row in rows:
        both = row["network"], row["size"]
        one = short.setdefault(both, {"network": both[0], "size": both[1]})
        one.setdefault("MB", row["MB"])
        one.setdefault("answers differ by", row["answers differ by"])
        one.update({file: one.get(file, "") for file in files})
        one[f"{row['form']} {row['file']}"] = row["max difference"]
    return list(short.values())


def _written(python: str, *arguments: str) -> str:
    command = [python, str(_WRITER), *arguments]
    done = subprocess.run(  # noqa: S603
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return done.stdout


def _default_side(name: str) -> int:
    """Rows and columns that a network takes where nothing else is said."""
    return next((side for part, side in _SIDES.items() if part in name), 224)


def _compared(path: Path) -> dict[str, Cell]:
    empty: dict[str, Cell] = dict.fromkeys(("MB", "seconds", "answers differ by"), "")
    unwritten = Path(f"{path}.txt")
    if unwritten.exists():
        return empty | {"max difference": f"not written: {unwritten.read_text()[:80]}"}
    row: dict[str, Cell] = {"MB": round(path.stat().st_size / 1e6)}
    begun = time.monotonic()
    try:
        read = read_network(path)
    except RepairError as reason:
        refused = str(reason).replace(str(path), "")[:200]
        return empty | row | {"max difference": refused}
    seconds = time.monotonic() - begun
    with np.load(path.with_name("told.npz")) as told:
        images, expected = told["images"], probabilities(told["answers"])
    # Image by image, so that the largest networks need little memory.
    answers = [np.asarray(read(image[None], training=False)) for image in images]
    difference = np.abs(np.concatenate(answers) - expected).max()
    return row | {
        "seconds": f"{seconds:.1f}",
        "max difference": f"{difference:.1e}",
        "answers differ by": f"{np.ptp(expected, axis=0).max():.1e}",
    }
