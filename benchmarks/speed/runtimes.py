"""Images a second of one detector as SavedModel, Keras, ONNX and LiteRT, by batch.

The signature ``label_encoded`` is given the same images as PNG files.

python -m benchmarks.speed.runtimes ARTIFACT [--images CLEAN.h5] [--batches 1 256 4096]

Where TensorFlow finds a GPU, SavedModel and Keras run on it; the other two do not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from artifacts.errors import InputError
from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from build.formats.table import FORMATS, check_packages
from repair.measuring.tables import Cell, table

Runner = Callable[[np.ndarray], np.ndarray]
_PACKAGES = {"keras": "keras", "onnx": "onnxruntime", "litert": "ai-edge-litert"}


def main() -> None:
    """Exports, measures all in turn, and prints a table of medians."""
    options = _parser().parse_args()
    import_tensorflow_quietly()
    from build.formats.probes import probes
    from repair.measuring.saved_detector import SavedDetector
    from repair.reading.data_file import read_dataset

    shape = SavedDetector(options.artifact).image_shape
    if options.images is None:
        images = probes(shape, max(1024, *options.batches), seed=0)
    else:
        images = read_dataset(options.images, image_shape=shape, labelled=False).images
    with tempfile.TemporaryDirectory() as folder:
        runners = dict(_runners(options.artifact, Path(folder), images))
        rates = measure(runners, options.batches, options.rounds)
    rows: list[dict[str, Cell]] = [
        {"runtime": name, **{f"batch {x}": f"{r:.0f}" for x, r in rate.items()}}
        for name, rate in rates.items()
    ]
    if not _on_gpu():
        none = {f"batch {batch}": "not measured" for batch in options.batches}
        rows.append({"runtime": "SavedModel on a GPU", **none})
    print(table(rows))
    print(f"images a second, medians of {options.rounds} rounds")
    if options.results is not None:
        write_results(options.results, options.title, rows, "speed.runtimes")


def _on_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.speed.runtimes")
    add = parser.add_argument
    add("artifact", type=Path)
    add("--images", type=Path, metavar="FILE.h5", help="at least the largest batch")
    add("--batches", type=int, nargs="+", default=[1, 256, 4096])
    add("--rounds", type=int, default=7, help="that count; medians are shown")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Runtimes, images a second", help="of the section")
    return parser


def _runners(
    artifact: Path, folder: Path, images: np.ndarray
) -> Iterator[tuple[str, tuple[Runner, np.ndarray]]]:
    """Each runtime that is installed, with what it is given; all choose their threads."""
    import tensorflow as tf

    from build.formats.conversion import convert
    from build.formats.forms import RUNNERS

    loaded: Any = tf.saved_model.load(str(artifact))

    def saved_model(images: np.ndarray) -> np.ndarray:
        return np.asarray(loaded.serve(tf.constant(images)))

    def from_files(files: np.ndarray) -> np.ndarray:
        label_encoded = loaded.signatures["label_encoded"]
        return np.asarray(label_encoded(encoded=tf.constant(files))["label"])

    place = "GPU" if _on_gpu() else "CPU"
    tensorflow = f"tensorflow {version('tensorflow')}, {place}"
    yield f"SavedModel ({tensorflow})", (saved_model, images)
    encoded = np.array([_png(image) for image in images], object)
    yield f"its label_encoded, PNG ({tensorflow})", (from_files, encoded)
    for to, form in FORMATS.items():
        if form.is_folder:  # holds the others
            continue
        package = _PACKAGES[to]
        try:
            check_packages(to)
        except InputError:
            continue
        path = folder / f"detector{form.suffix}"
        convert(artifact, to, path)
        yield f"{to} ({package} {version(package)})", (RUNNERS[to](path), images)


def _png(image: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(image.squeeze()).save(stream, "PNG")
    return stream.getvalue()


def measure(
    runners: dict[str, tuple[Runner, np.ndarray]], batches: list[int], rounds: int
) -> dict[str, dict[int, float]]:
    """Median images a second of each runner and batch size, taken in turn.

    Args:
        runners: From a batch to labels ``(n,)``, and what to take batches from: images
            ``(n, rows, columns, channels)`` uint8, or files.
        batches: Sizes.
        rounds: How often each is measured, for about half a second.
    """
    found: dict[str, dict[int, list[float]]] = {
        name: {batch: [] for batch in batches} for name in runners
    }
    for number in range(rounds + 1):
        for name, (run, given) in runners.items():
            for batch in batches:
                rate = _rate(run, given, batch)
                if number:  # the first round warms up
                    found[name][batch].append(rate)
    return {
        name: {batch: float(np.median(rates)) for batch, rates in by_batch.items()}
        for name, by_batch in found.items()
    }


def _rate(run: Runner, given: np.ndarray, batch: int, seconds: float = 0.5) -> float:
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds or not count:
        first = count % max(1, len(given) - batch + 1)
        run(given[first : first + batch])
        count += batch
    return count / passed


if __name__ == "__main__":
    main()
