"""Builds a detector of very many classes: seconds and peak memory of the whole process.

python -m benchmarks.speed.many_classes [--classes 10000] [--images 30000]

The network is made up: random convolutions, and a head set to the features of each class's
own coarse pattern, so that it needs no training, however many classes there are.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from benchmarks.speed.whole_process import peak_memory_of
from repair.measuring.tables import Cell, table

if TYPE_CHECKING:
    import keras

_SIDE, _TILES, _NOISE = 32, 4, 10
_FEATURES, _SURELY = 128, 4.0
_PART = 10_000


def main() -> None:
    """Makes a network and images, builds, prints a row, and writes it where asked to."""
    parser = argparse.ArgumentParser("python -m benchmarks.speed.many_classes")
    add = parser.add_argument
    add("--classes", type=int, default=10_000)
    add("--images", type=int, default=30_000, help="clean images")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Very many classes", help="of the section")
    options = parser.parse_args()
    import_tensorflow_quietly()
    with tempfile.TemporaryDirectory() as folder:
        rows = [built(options.classes, options.images, Path(folder))]
    print(table(rows))
    if options.results is not None:
        write_results(options.results, options.title, rows, "speed.many_classes")


def built(classes: int, images: int, folder: Path) -> dict[str, Cell]:
    """One row; the folder holds network, images and detector."""
    model, clean, out = (folder / name for name in ("net.keras", "clean.npz", "out"))
    labels = np.arange(images) % classes
    np.savez(clean, images=pictures(labels, _NOISE), labels=labels)
    network(classes).save(model)
    start = time.perf_counter()
    peak = peak_memory_of(
        ["-m", "build", "--model", model, "--clean", clean, "--out", out]
    )
    return {
        "classes": f"{classes:,}",
        "clean images": f"{images:,}",
        "seconds": f"{time.perf_counter() - start:.0f}",
        "peak GB": f"{peak / 1e9:.1f}",
    }


def pictures(labels: np.ndarray, noise: float) -> np.ndarray:
    """Each class's own tiles under noise, ``(n, 32, 32, 3)`` uint8."""
    generator = np.random.default_rng(0)
    tiles = generator.integers(30, 226, (int(labels.max()) + 1, _TILES, _TILES, 3))
    images = np.empty((len(labels), _SIDE, _SIDE, 3), np.uint8)
    for start in range(0, len(labels), _PART):
        some = tiles[labels[start : start + _PART]].astype(np.float32)
        large = some.repeat(_SIDE // _TILES, 1).repeat(_SIDE // _TILES, 2)
        large += noise * generator.standard_normal(large.shape, np.float32)
        images[start : start + _PART] = np.clip(large, 0, 255).astype(np.uint8)
    return images


def network(classes: int) -> keras.Model:
    """A classifier of these pictures, pixels 0..255."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    seen = keras.Input((_SIDE, _SIDE, 3))
    values = layers.Rescaling(1 / 127.5, offset=-1)(seen)
    for channels in (16, 32):
        values = layers.Conv2D(channels, 3, strides=2, activation="relu")(values)
    values = layers.Dense(_FEATURES, activation="relu")(layers.Flatten()(values))
    means = keras.Model(seen, values).predict(
        pictures(np.arange(classes), 0.0), 512, verbose=0
    )
    centre, spread = means.mean(axis=0), means.std(axis=0) + 1e-6
    means = (means - centre) / spread
    head = layers.Dense(classes, activation="softmax", name="head")
    model = keras.Model(seen, head(values))
    kernel = (means / spread).T
    bias = -0.5 * (means**2).sum(axis=1) - centre @ kernel
    head.set_weights([_SURELY * kernel, _SURELY * bias])
    return model


if __name__ == "__main__":
    main()
