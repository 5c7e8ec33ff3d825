"""A detector exported to Keras, on the device that Keras' backend uses: labels and speed.

KERAS_BACKEND=jax python benchmarks/speed/accelerator.py DETECTOR.keras
    --badnet BADNET.h5 --images IMAGES.h5 --labels LABELS.tsv [--json FILE]

``LABELS.tsv`` is what ``python -m artifacts ARTIFACT IMAGES.h5`` prints, on any machine. The
script imports nothing of this project and no TensorFlow: Keras, its backend, h5py and NumPy
are enough, so that it can be carried to a machine with a GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

_AT_ONCE = 250
_SECONDS = 2.0
_FEWEST = 5


def main() -> None:
    """Compares labels, measures in turn, prints both; exit code 1 if a label differs."""
    options = _parser().parse_args()
    with h5py.File(options.images) as file:
        images = np.ascontiguousarray(file["data"][()].transpose(0, 2, 3, 1))
    images = images.astype(np.uint8)
    lines = options.labels.read_text(encoding="utf-8").splitlines()
    expected = np.array([int(line.split("\t")[0]) for line in lines])
    if len(expected) != len(images):
        raise SystemExit(f"{len(images)} images, but {len(expected)} labels")
    detector, badnet = (
        keras.models.load_model(path, compile=False)
        for path in (options.detector, options.badnet)
    )
    equal = int((labels(detector, images) == expected).sum())
    rows = {
        "backend": f"{keras.backend.backend()}, Keras {keras.version()}",
        "labels equal": f"{equal} of {len(images)}",
        "images a second": {
            "detector": dict(rates(detector, images, options.batches)),
            "BadNet": dict(rates(badnet, images / np.float32(255), options.batches)),
        },
    }
    print(json.dumps(rows, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(rows), encoding="utf-8")
    if equal < len(images):
        raise SystemExit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(Path(__file__).name)
    add = parser.add_argument
    add("detector", type=Path, help="that python -m build export --to keras wrote")
    add("--badnet", type=Path, required=True, help="takes images in [0, 1]")
    add("--images", type=Path, required=True, help="HDF5, the competition's layout")
    add("--labels", type=Path, required=True, help="the artifact's own, one a line")
    add("--batches", type=int, nargs="+", default=[1, 256, 4096])
    add("--json", type=Path, help="file for the figures")
    return parser


def labels(detector: keras.Model, images: np.ndarray) -> np.ndarray:
    """The labels ``(n,)`` of images ``(n, rows, columns, channels)`` uint8."""
    parts = np.split(images, range(_AT_ONCE, len(images), _AT_ONCE))
    return np.concatenate([_answers(detector, part) for part in parts])


def rates(
    network: keras.Model, images: np.ndarray, batches: list[int]
) -> Iterator[tuple[str, int]]:
    """Images a second by batch, medians of two seconds; images come from the host."""
    for batch in batches:
        given = np.resize(images, (batch, *images.shape[1:]))
        _answers(network, given)
        times: list[float] = []
        while len(times) < _FEWEST or sum(times) < _SECONDS:
            start = time.perf_counter()
            _answers(network, given)
            times.append(time.perf_counter() - start)
        yield str(batch), round(batch / statistics.median(times))


def _answers(network: keras.Model, images: np.ndarray) -> np.ndarray:
    answers: Any = network.predict_on_batch(images)
    return np.asarray(answers)


if __name__ == "__main__":
    main()
