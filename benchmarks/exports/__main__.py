"""Artifacts of other networks in every form: size, labels, images a second.

python -m benchmarks.exports [--cifar10 BENCH] [--looks N] [--results results.md]

Of each network an artifact is built with the default method, which looks at fewer images
than a build does (--looks), and written in every format whose packages are installed. The
labels of 1,000 images, clean ones and made-up ones, are held against the SavedModel's.
RAY_PYTHON names a Python with the extra ``ray``. The exit code is 1 if any label differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artifacts.errors import InputError
from artifacts.quiet import import_tensorflow_quietly
from benchmarks.results_file import write_results
from build.formats.table import FORMATS, check_packages
from repair.measuring.tables import Cell, table

if TYPE_CHECKING:
    from benchmarks.exports.networks import Subject

_NETWORKS = ("grey", "resnet", "transfer")
_IMAGES = 1_000
_BATCH = 50
Label = Callable[[np.ndarray], Any]


def main() -> None:
    """Builds, exports, compares, prints a table, and writes it where asked to."""
    parser = argparse.ArgumentParser("python -m benchmarks.exports")
    add = parser.add_argument
    add("--cifar10", type=Path, help="folder of the bench with the ResNet")
    add("--only", nargs="+", choices=_NETWORKS, default=list(_NETWORKS))
    add("--looks", type=int, default=2_000, help="jittered and disturbed images each")
    add("--results", type=Path, help="Markdown file; the section --title is put anew")
    add("--title", default="Forms of other networks' artifacts", help="of the section")
    options = parser.parse_args()
    import_tensorflow_quietly()
    from benchmarks.exports.networks import subjects

    rows: list[dict[str, Cell]] = []
    for subject in subjects(options.only, options.cifar10):
        with tempfile.TemporaryDirectory() as folder:
            for row in _rows(subject, options.looks, Path(folder)):
                print(*row.values(), sep=", ", flush=True)
                rows.append(row)
        if options.results is not None:  # an interruption keeps what is complete
            write_results(options.results, options.title, rows, "exports")
    print("\n" + table(rows))
    if any(row["differ"] not in ("0", "-") for row in rows):
        sys.exit(1)


def _rows(subject: Subject, looks: int, folder: Path) -> Iterator[dict[str, Cell]]:
    from artifacts.runtime.load import load
    from build.formats.conversion import convert
    from build.formats.forms import RUNNERS
    from build.formats.probes import probes

    artifact = folder / "artifact"
    build(subject, looks, artifact)
    shape = subject.clean.images.shape[1:]
    clean = subject.clean.images[: _IMAGES // 2]
    images = np.concatenate([clean, probes(shape, _IMAGES - len(clean), seed=1)])
    expected = _labelled(load(artifact), images)

    def row(form: str, path: Path | None, label: Label | str) -> dict[str, Cell]:
        told: dict[str, Cell] = {"network": subject.name, "form": form}
        size = "-" if path is None else f"{_size(path) / 1e6:.2f}"
        if isinstance(label, str):
            return told | {"MB": size, "differ": "-", "images/s": label}
        label(images[:_BATCH])
        start = time.perf_counter()
        found = _labelled(label, images)
        rate = f"{_IMAGES / (time.perf_counter() - start):.0f}"
        differ = str(int((found != expected).sum()))
        return told | {"MB": size, "differ": differ, "images/s": rate}

    yield row("SavedModel", artifact, load(artifact))
    for to, form in FORMATS.items():
        try:
            check_packages(to)
        except InputError as reason:
            yield row(to, None, str(reason))
            continue
        path = folder / f"detector{form.suffix}"
        convert(artifact, to, path)
        yield row(to, path, RUNNERS[to](path))
    yield _by_ray(subject, artifact, images, expected, folder)


def build(subject: Subject, looks: int, folder: Path) -> None:
    """An artifact of a network, as ``python -m build`` writes it, of fewer looks."""
    from build.fusing.fusion import fuse
    from build.saving.saved_model import export
    from repair.methods.witnesses.fitting import fit_witnesses
    from repair.methods.witnesses.method import as_repair
    from repair.methods.witnesses.recipe import recipe_for

    network, clean = subject.network, subject.clean
    rows, columns, channels = network.input_shape[1:]
    num_classes = network.output_shape[1]
    recipe = replace(
        recipe_for(num_classes, len(clean)),
        jittered=looks,
        disturbed=looks,
        most_steps=20,
    )
    heard = fit_witnesses(network, clean, recipe, seed=0)
    card = {
        "name": subject.name,
        "num_classes": num_classes,
        "input": {"rows": rows, "columns": columns, "channels": channels},
    }
    detector = fuse(network, as_repair(network, heard, recipe))
    export(detector, card, clean.images[:100], folder)


def _labelled(label: Label, images: np.ndarray) -> np.ndarray:
    starts = range(0, len(images), _BATCH)
    return np.concatenate([np.asarray(label(images[i : i + _BATCH])) for i in starts])


def _by_ray(
    subject: Subject,
    artifact: Path,
    images: np.ndarray,
    expected: np.ndarray,
    folder: Path,
) -> dict[str, Cell]:
    from benchmarks.identity.bench_images import Images
    from benchmarks.identity.label_commands import by_ray
    from repair.dataset import Dataset
    from repair.reading.data_file import write_dataset

    data = folder / "images.h5"
    write_dataset(data, Dataset(images, np.zeros(len(images), np.int64)))
    every: list[tuple[str, int | None]] = [
        (str(data), index) for index in range(len(images))
    ]
    given = Images(images, [data], folder, {"HDF5": every})
    ((_, found),) = by_ray(artifact, given, forms=("HDF5",))
    differ = "-" if isinstance(found, str) else str(int((found != expected).sum()))
    rate = found if isinstance(found, str) else "-"
    return {
        **{"network": subject.name, "form": "Ray", "MB": "-"},
        **{"differ": differ, "images/s": rate},
    }


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file())


if __name__ == "__main__":
    main()
